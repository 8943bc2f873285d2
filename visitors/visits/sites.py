"""Which sites there are, without asking the database for every event.

While the database is away, what it said before goes on counting: visits only need the buffer.
"""

import time
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.db import DatabaseError, connection

from accounts.models import Site

KNOWN_SECONDS = 30.0
AGAIN_SECONDS = 2.0  # while the database does not answer
MOST_KNOWN = 4096


class KnownSite(NamedTuple):
    """Pages on `hosts` are told by their path alone."""

    id: int
    hosts: tuple[str, ...]
    is_closing: bool = False  # nothing comes in any more


_known: dict[str, tuple[float, KnownSite | None]] = {}  # until when


def site_of(slug: str) -> KnownSite | None:
    """Raises DatabaseError for one that was never looked up, while there is no database."""
    until, site = _known.get(slug, (0.0, None))
    if time.monotonic() < until:
        return site
    try:
        site, until = _looked_up(slug), time.monotonic() + KNOWN_SECONDS
    except DatabaseError:
        if not until:
            raise
        until = time.monotonic() + AGAIN_SECONDS
    if len(_known) >= MOST_KNOWN:
        _known.clear()
    _known[slug] = until, site
    return site


def forget_sites() -> None:
    _known.clear()


def _looked_up(slug: str) -> KnownSite | None:
    try:
        row = Site.objects.filter(slug=slug).values_list("pk", "web_url", "closes_at").first()
    finally:
        if not connection.in_atomic_block:  # there may be no request whose end does it
            connection.close_if_unusable_or_obsolete()
    if row is None:
        return None
    theirs = (urlsplit(row[1]).hostname or "").removeprefix("www.")
    hosts = ("", theirs, settings.HOST.split(":")[0])
    return KnownSite(row[0], hosts, is_closing=row[2] is not None)
