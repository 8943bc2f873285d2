"""Rows in our hands: claimed, which marks them in flight, and completed (docs/mail.md).

All of it runs as `comm100_post`, each statement its own committed transaction.
"""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import DataError, Error, IntegrityError, ProgrammingError, connections

from mail.leases import LEASE
from mail.models import Lane
from mail.outcomes import Outcome
from mail.relays import names
from mail.statements import as_post, as_post_soon

NOT_AWAY = (ProgrammingError, DataError, IntegrityError)  # waiting would not help
BATCH = 100  # rows in flight at once: what a crash may leave unknown
PAUSES = (0.2, *[0.5] * 30)  # seconds, while the database cannot note what was sent


class Row(NamedTuple):
    id: int
    site_id: int
    mailing_id: int | None
    contact_id: int | None
    address: str
    message_id: str
    attempts: int
    created_at: datetime
    suppressed: bool
    merge: str | None  # JSON
    content: bytes | memoryview | None
    slug: str
    content_hash: bytes | memoryview | None
    bucket: int  # of the receiving domain
    proven: bool  # whether the site is trusted


class Batch(NamedTuple):
    token: UUID
    rows: list[Row]
    found: int  # with those that turned out suppressed
    since: float  # time.monotonic() before the lease began


def is_due(lane: int) -> bool:
    """Whether a claim would find something, but for what a mailing's own state forbids."""
    [(due,)] = as_post("due", lane=int(lane), relays=names())
    return bool(due)


def claim(lane: int, limit: int = BATCH) -> Batch:
    """Rows for us to send. That they are in flight is on disk before the first byte leaves, so
    that after a crash we know which mails may have left."""
    token, since = uuid4(), time.monotonic()
    name = f"claim_{Lane(lane).name.lower()}"
    try:
        answer = as_post(name, token=str(token), limit=limit, lease=LEASE, relays=names())
    except Error:  # it may have been committed all the same, and nothing has left under this token
        _patiently("release", {"token": str(token)})
        raise
    found = [Row._make(row) for row in answer]
    return Batch(token, [row for row in found if not row.suppressed], len(found), since)


def complete(token: UUID, outcomes: Sequence[Outcome]) -> set[int]:
    """Note what became of rows that still are ours; answers those that bounced."""
    if not outcomes:
        return set()
    ids, states, codes, replies, waits, bounced, gone = map(list, zip(*outcomes, strict=True))
    values = {
        "token": str(token),
        "ids": ids,
        "states": states,
        "codes": codes,
        "replies": replies,
        "waits": waits,
        "bounced": bounced,
        "gone": gone,
    }
    return {row_id for (row_id,) in _patiently("complete", values)}


def _patiently(name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The mails have left: try a little before their rows end as unknown. The next claim makes
    it durable; until then a power cut makes these unknown."""
    for pause in PAUSES:
        try:
            return as_post_soon(name, **values)
        except Error as error:
            if isinstance(error, NOT_AWAY):
                raise
            connections["post"].close()
            time.sleep(pause)
    return as_post_soon(name, **values)
