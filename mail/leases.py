"""The leases in this process's hands: short, and renewed for as long as it lives.

A worker that is killed gives its rows back after LEASE and one sweep (mail/tasks.py). One that
was frozen or cut off from the database knows by its own clock that its leases may be over, and
writes no more text: by then the rows may be somebody else's.
"""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import Error, connections

from mail.statements import as_post

LEASE = timedelta(seconds=settings.MAIL_LEASE)
RENEW_SECONDS = settings.MAIL_LEASE / 4  # longer batches have their lease renewed, over and over
MARGIN_SECONDS = settings.MAIL_LEASE / 6  # before its end we stop: some may be on its way

log = logging.getLogger("mail.leases")


class Held:
    """One batch in our hands. since: time.monotonic() before the lease was asked for."""

    def __init__(self, token: UUID, since: float) -> None:
        self.token, self.since = token, since

    def is_ours(self) -> bool:
        return time.monotonic() < self.since + LEASE.total_seconds() - MARGIN_SECONDS

    def is_old(self) -> bool:
        return time.monotonic() >= self.since + RENEW_SECONDS


_held: set[Held] = set()
_guard = threading.Lock()
_renewer: threading.Thread | None = None


@contextmanager
def holding(token: UUID, since: float) -> Iterator[Held]:
    """Keep the lease of this batch renewed meanwhile, whatever we wait for."""
    held = Held(token, since)
    with _guard:
        _held.add(held)
        _keep_renewing()
    try:
        yield held
    finally:
        with _guard:
            _held.discard(held)


def _keep_renewing() -> None:
    global _renewer  # noqa: PLW0603  one thread a process, also in one that was forked
    if _renewer is None or not _renewer.is_alive():
        _renewer = threading.Thread(target=_renew_for_ever, name="leases", daemon=True)
        _renewer.start()


def _renew_for_ever() -> None:
    while True:
        time.sleep(1)
        with _guard:
            old = [held for held in _held if held.is_old()]
        if old:
            _renew(old)


def _renew(old: list[Held]) -> None:
    """On disk when it returns: a power cut must not shorten what we rely on."""
    now = time.monotonic()
    try:
        found = as_post("renew", tokens=[str(held.token) for held in old], lease=LEASE)
    except Error as error:
        log.warning("leases are not renewed: %s", error)
    else:
        renewed = {token for (token,) in found}
        for held in old:
            held.since = now if held.token in renewed else held.since
    finally:
        connections["post"].close()
