"""The journal as files: a table for people, sealed lines for `journal verify`.

What is sent is what stood there when it was asked for, because entries are only ever added.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpResponse

from comm100.core.journal import record, seals_of
from comm100.core.models import JournalEntry
from comm100.core.sheets import harmless
from comm100.core.tenancy import context
from operators.chronicle import Line, lines
from operators.downloads import CSV, sent_in_parts, table, work_of
from operators.http import OperatorRequest

PART = 2_000  # entries read in one transaction
FIRST = b"\x00"  # what stands before the first entry
COLUMNS = ["site", "seq", "at", "who", "what", "actor", "action", "table", "id", "detail"]
COLUMNS += ["prev", "hash"]
Wanted = Callable[[], QuerySet[JournalEntry]]


def table_of(request: OperatorRequest, wanted: Wanted, *, name: str) -> HttpResponse:
    """The entries that `wanted` leaves as CSV, newest first, with the hashes that chain them."""
    through = _noted(request, "csv")
    parts = _parts(request, wanted, through=through)
    return sent_in_parts(request, _tables(parts), name=name, kind="csv", type_=CSV)


def sealed_lines(request: OperatorRequest) -> HttpResponse:
    """The whole journal, oldest first, one JSON object a line, exactly as it was sealed."""
    through = _noted(request, "sealed")
    texts = _sealed_texts(request, through)
    return sent_in_parts(request, texts, name="journal", kind="jsonl", type_="application/x-ndjson")


def sealed_line(entry: Any) -> str:
    """One entry as comm100/core/chain.py reads it; the detail is the database's own text."""
    facts = json.dumps(_facts(entry), ensure_ascii=False)
    seals = json.dumps({"prev": bytes(entry.prev_hash).hex(), "hash": bytes(entry.hash).hex()})
    return f'{facts[:-1]}, "detail": {entry.sealed_detail}, {seals[1:]}\n'


def _facts(entry: JournalEntry) -> dict[str, Any]:
    return {
        "site": entry.site_id,
        "seq": entry.seq,
        "at": f"{entry.at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        "actor": entry.actor,
        "action": entry.action,
        "table": entry.object_table,
        "id": entry.object_id,
    }


def _noted(request: OperatorRequest, form: str) -> int:
    """Who downloads stands in the journal, too: as the last entry of the file itself."""
    return record("journal.exported", by=request.operator, form=form)


def _sealed_texts(request: OperatorRequest, through: int) -> Iterator[str]:
    last: int | None = 0
    while last is not None:
        with context(work_of(request)):
            text, last = sealed_part(request.site.pk, last, through)
        yield text


def sealed_part(site_id: int, last: int, through: int) -> tuple[str, int | None]:
    """The lines of some entries after `last` of the site in context, and the last of them; None
    when `through` is reached."""
    part = _part(JournalEntry.objects.filter(seq__gt=last, seq__lte=through), "seq")
    there = {entry.seq for entry in part}
    end = part[-1].seq if part else through
    hidden = seals_of([seq for seq in range(last + 1, end + 1) if seq not in there])
    before = seals_of([last]).get(last, FIRST)
    text = ""
    for seq, entry in sorted({**hidden, **{entry.seq: entry for entry in part}}.items()):
        is_hidden = isinstance(entry, bytes)
        text += withheld_line(site_id, seq, before, entry) if is_hidden else sealed_line(entry)
        before = entry if is_hidden else bytes(entry.hash)
    return text, end if end < through else None


def withheld_line(site_id: int, seq: int, before: bytes, seal: bytes) -> str:
    """An entry that the site may not read yet (P6.3): its link of the chain, without its words."""
    facts = {"site": site_id, "seq": seq, "prev": before.hex(), "hash": seal.hex()}
    return json.dumps({**facts, "withheld": True}) + "\n"


def _part(rows: QuerySet[JournalEntry], order: str) -> list[Any]:
    return list(rows.annotate(sealed_detail=Cast("detail", TextField())).order_by(order)[:PART])


def _parts(
    request: OperatorRequest, wanted: Wanted, *, through: int
) -> Iterator[tuple[list[Any], list[Line]]]:
    """Newest first, in words."""
    last = through + 1
    while True:
        with context(work_of(request)):
            part = _part(wanted().filter(seq__lt=last), "-seq")
            told = lines(part)
        if part:
            yield part, told
        if len(part) < PART:
            return
        last = part[-1].seq


def _tables(parts: Iterator[tuple[list[Any], list[Line]]]) -> Iterator[str]:
    yield table([COLUMNS])
    for part, told in parts:
        yield table([_row(entry, line) for entry, line in zip(part, told, strict=True)])


def _row(entry: Any, line: Line) -> list[Any]:
    facts = {**_facts(entry), "who": harmless(line.who), "what": harmless(line.what)}
    facts |= {"detail": entry.sealed_detail}
    facts |= {"prev": bytes(entry.prev_hash).hex(), "hash": bytes(entry.hash).hex()}
    return [facts[column] for column in COLUMNS]
