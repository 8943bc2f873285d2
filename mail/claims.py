"""Rows in our hands: claimed under a lease, marked in flight, completed (docs/mail.md).

All of it runs as `comm100_post`, each statement its own committed transaction.
"""

import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import OperationalError, connections

from mail.models import Lane
from mail.outcomes import Outcome
from mail.statements import as_post, as_post_soon

BATCH = 200  # rows in one claim
TOGETHER = 50  # rows in flight at once: what a crash may leave unknown
LEASE = timedelta(minutes=5)
PAUSES = (0.2, 1.0, 3.0)  # seconds, while the database cannot note what was sent


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


class Batch(NamedTuple):
    token: UUID
    rows: list[Row]
    found: int  # with those that turned out suppressed


def claim(lane: int, limit: int = BATCH) -> Batch:
    token = uuid4()
    name = f"claim_{Lane(lane).name.lower()}"
    # undone by a power cut, the rows are ready again
    found = [
        Row._make(row) for row in as_post_soon(name, token=str(token), limit=limit, lease=LEASE)
    ]
    return Batch(token, [row for row in found if not row.suppressed], len(found))


def mark_inflight(token: UUID, rows: Sequence[Row], waiting: Sequence[Row]) -> list[Row]:
    """Of `rows` those that still are ours; `waiting` ones keep their lease meanwhile."""
    marked = {
        row_id
        for (row_id,) in as_post(
            "inflight",
            token=str(token),
            ids=[row.id for row in rows],
            waiting=[row.id for row in waiting],
            lease=LEASE,
        )
    }
    return [row for row in rows if row.id in marked]


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
    """The mails have left: try a little before their rows end as unknown. The next rows in
    flight make it durable; until then a power cut makes these unknown."""
    for pause in PAUSES:
        try:
            return as_post_soon(name, **values)
        except OperationalError:
            connections["post"].close()
            time.sleep(pause)
    return as_post_soon(name, **values)
