"""Not too fast: where a receiver says "too many", and while a sending domain is new.

A row whose moment has not come goes back into the table with that moment. Nothing is asked of
the database while nothing is slow.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

from accounts.models import Site
from comm100.core.tenancy import across_sites
from mail.claims import Row
from mail.models import Outbox, SendingDomain
from mail.outcomes import Outcome
from mail.statements import as_post
from mail.warming import FIRST_DAY

FIRST_RATE = 5.0  # mails a second to a receiver after its first complaint
LEAST_RATE = 1 / 60
RECOVERED = timedelta(minutes=30)
SHORTEST_WAIT = 0.5  # seconds
LONGEST_WAIT = 3600.0  # then it is looked at again: things may go faster by then
REFRESH_SECONDS = 2.0
_TOO_MANY = re.compile(
    r"^4\.7\.|too many|too fast|throttl|rate limit|deferred due to", re.IGNORECASE
)
_GREY = re.compile(r"gr[ea]y", re.IGNORECASE)


class _Slow:
    """The streams that flow slowly, as this process saw them last."""

    keys: frozenset[str] = frozenset()
    at = -REFRESH_SECONDS


def in_time(rows: Sequence[Row], sender: str) -> tuple[list[Row], list[Outcome]]:
    """Rows of a batch whose moment is now, and what becomes of the others.

    sender: the domain in From of a mailing, "" for mail that has no such limit.
    """
    streams = _streams(rows, sender)
    if not streams:
        return list(rows), []
    waits: dict[int, float] = {}
    counts = {key: len(its) for key, its in streams.items()}
    found = as_post("pace_takes", keys=list(counts), mails=list(counts.values()))
    for key, now_go, first, rate in found:
        for place, row in enumerate(streams[key][now_go:]):
            waits[row.id] = max(waits.get(row.id, 0.0), first + place / rate)
    later = [
        Outcome(row_id, Outbox.State.READY, wait=min(max(wait, SHORTEST_WAIT), LONGEST_WAIT))
        for row_id, wait in waits.items()
    ]
    return [row for row in rows if row.id not in waits], later


def _streams(rows: Sequence[Row], sender: str) -> dict[str, list[Row]]:
    slow = _slow()
    streams: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if slow and f"to:{row.bucket}" in slow:
            streams[f"to:{row.bucket}"].append(row)
    if rows and sender and not rows[0].proven and _is_own(rows[0].site_id, sender, _minute()):
        key = f"from:{sender}"
        if key not in slow:
            as_post("pace_begin", key=key, rate=FIRST_DAY / 86400)
            _Slow.at = -REFRESH_SECONDS
        streams[key] = list(rows)
    return streams


def hear(rows: Iterable[Row], known: dict[int, Outcome]) -> None:
    """Slow down where receivers ask for it."""
    loud = {f"to:{row.bucket}" for row in rows if row.id in known and is_too_many(known[row.id])}
    if loud:
        as_post("pace_slower", keys=sorted(loud), first=FIRST_RATE, least=LEAST_RATE)
        _Slow.at = -REFRESH_SECONDS


def is_too_many(outcome: Outcome) -> bool:
    reply = outcome.reply or ""
    soft = outcome.state == Outbox.State.RETRY and outcome.code is not None
    return soft and bool(_TOO_MANY.search(reply)) and not _GREY.search(reply)


def forget_recovered() -> None:
    as_post("pace_forget", recovered=RECOVERED)


def _slow() -> frozenset[str]:
    if time.monotonic() - _Slow.at > REFRESH_SECONDS:
        _Slow.at = time.monotonic()
        _Slow.keys = frozenset(key for (key,) in as_post("paces"))
    return _Slow.keys


def _minute() -> int:
    return int(time.monotonic() // 60)


@lru_cache(maxsize=500)
def _is_own(site_id: int, domain: str, minute: int) -> bool:
    """Whether the site sends from a verified domain of its own; the company's is known already."""
    with across_sites():
        verified = SendingDomain.objects.using("post").filter(state=SendingDomain.State.VERIFIED)
        company = Site.objects.using("post").filter(pk=site_id, is_company=True).exists()
        return not company and verified.filter(site_id=site_id, name=domain).exists()
