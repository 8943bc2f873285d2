"""Some thousand rows of a file, and into the contacts in a few statements of one transaction.

COPY into a temporary table (COPY FROM is refused on tables under row-level security), join it
with what is known, write what is new and what changed. Creating contacts is serialised within a
site by the lock on its counter of numbers. The first half runs before that lock, while the chunk
before is written; under the lock the counter tells whether anybody but that chunk created contacts
since. Then the join is made again.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from json.encoder import encode_basestring as _quoted
from typing import Any

from django.db import IntegrityError, connection, transaction

from comm100.core.addresses import address_hash
from comm100.core.models import Counter, take_numbers
from visitors.importing.agreeing import prove_agreement
from visitors.importing.records import Records
from visitors.importing.rows import Columns, Person
from visitors.models import Import, Kind, Source

CHUNK_ROWS = 20_000
CHUNK_BYTES = 8 * 2**20


@dataclass
class Chunk:
    """What was read from the file in one go, one person for one address."""

    people: dict[str, tuple[int, Person]] = field(default_factory=dict)
    refused: list[tuple[int, list[str], str]] = field(default_factory=list)
    duplicates: int = 0
    offset: int = 0
    lines: int = 0
    is_last: bool = False
    staged: bytes = b""  # the people as COPY wants them

    def add(self, line: int, person: Person) -> None:
        earlier = self.people.get(person.norm)
        if earlier:
            self.duplicates += 1
            self.people[person.norm] = (earlier[0], earlier[1].then(person))
        else:
            self.people[person.norm] = (line, person)

    def __len__(self) -> int:
        return len(self.people) + len(self.refused) + self.duplicates

    def stage(self) -> None:
        """Write the people down for COPY: `line email norm hash name fields zone`."""
        self.staged = "".join(
            f"{line}\t{_escaped(email)}\t{norm}\t\\\\x{address_hash(norm).hex()}\t{_escaped(name)}\t"
            f"{_escaped(_object(fields))}\t{zone}\n"
            for line, (email, norm, name, fields, zone) in self.people.values()
        ).encode()


def read_chunk(records: Records, columns: Columns) -> Chunk:
    """The next rows of a file; touches no database, so it may run beside the chunk before."""
    chunk, end = Chunk(is_last=True), records.offset + CHUNK_BYTES
    with _no_collecting():
        for count, (line, cells, fault) in enumerate(records, start=1):
            person = fault or columns.read(cells)
            if not isinstance(person, str):
                chunk.add(line, person)
            elif fault or any(map(str.strip, cells)):
                chunk.refused.append((line, cells, person))
            if count >= CHUNK_ROWS or records.offset > end:
                chunk.is_last = False
                break
        chunk.offset, chunk.lines = records.offset, records.lines
        chunk.stage()
    return chunk


@contextmanager
def _no_collecting() -> Iterator[None]:
    """A chunk makes many objects and no circles: looking for some takes a third of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@dataclass(frozen=True)
class Staged:
    """What is to be done for a chunk, by what was known when the counter stood at `known_until`."""

    known_until: int
    created: int
    changed: int  # `updated`, and those that this import met before
    updated: int
    unchanged: int
    again: int
    risen: int  # known people whose consent rises


@dataclass(frozen=True)
class Written:
    """How many contacts a chunk made, changed, left as they were, met again."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    first_number: int = 0  # of those it made


def stage_people(run: Import, chunk: Chunk) -> Staged | None:
    """Stand the people of a chunk beside what is known of them; None when there are none."""
    if not chunk.people:
        return None
    with connection.cursor() as cursor:
        _stage(cursor, chunk)
        return _join(cursor, run)


def write_people(run: Import, chunk: Chunk, staged: Staged | None, before: Written) -> Written:
    """Create and update the staged contacts; leaves them staged for the destinations.

    `before`: what the chunk before wrote, which may have been after these were staged; their people
    are others.
    """
    if staged is None:
        return Written()
    with connection.cursor() as cursor:
        next_number = take_numbers("contact", 0)  # the lock: see above
        expected = before.created if before.first_number > staged.known_until else 0
        # who said no since may not be among those who rise
        if staged.risen or next_number - 1 - staged.known_until != expected:
            staged = _join(cursor, run)
        try:
            with transaction.atomic():
                _merge(cursor, run, staged, next_number)
        except IntegrityError:  # somebody's address was changed to one of these meanwhile
            staged = _join(cursor, run)
            _merge(cursor, run, staged, next_number)
    return Written(
        staged.created,
        staged.updated,
        staged.unchanged,
        staged.again + chunk.duplicates,
        next_number,
    )


def _merge(cursor: Any, run: Import, staged: Staged, next_number: int) -> None:
    facts = _facts(run)
    if staged.changed:
        cursor.execute(_UPDATE, facts)
    if staged.created:
        take_numbers("contact", staged.created)
        cursor.execute(_INSERT, facts | {"number": next_number - 1})
    if run.consent and (staged.created or staged.risen):
        prove_agreement(cursor, run, created=staged.created, risen=staged.risen)


def _join(cursor: Any, run: Import) -> Staged:
    counted = Counter.objects.filter(name="contact").values_list("last", flat=True).first()
    cursor.execute("DROP TABLE IF EXISTS import_contact")
    cursor.execute(_JOIN, _facts(run))
    cursor.execute(_COUNT)
    return Staged(counted or 0, *cursor.fetchone())


def write_refused(run: Import, chunk: Chunk) -> None:
    if not chunk.refused:
        return
    lines = "".join(
        f"{line}\t{_escaped(_list(map(_storable, cells)))}\t{_escaped(reason)}\n"
        for line, cells, reason in chunk.refused
    ).encode()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE import_refused (line bigint, cells jsonb, reason text) "
            "ON COMMIT DROP"
        )
        _copy(cursor, "import_refused", lines)
        cursor.execute(
            "INSERT INTO visitors_refusedrow (site_id, run_id, line, row, reason) "
            "SELECT %s, %s, line, cells, reason FROM import_refused ORDER BY line",
            [run.site_id, run.pk],
        )
        cursor.execute("DROP TABLE import_refused")


def forget_staged() -> None:
    """Drop the staged people: several chunks may share a transaction in tests."""
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS import_row, import_contact")


def _facts(run: Import) -> dict[str, Any]:
    return {
        "run": run.pk,
        "site": run.site_id,
        "consent": run.consent,
        "note": run.consent_note,
        "at": run.started_at if run.consent else None,
        "source": Source.IMPORT,
        "marketing": Kind.MARKETING.value,
    }


def _stage(cursor: Any, chunk: Chunk) -> None:
    cursor.execute(
        "CREATE TEMP TABLE import_row (line bigint, email text, email_norm text, email_hash bytea, "
        "name text, fields jsonb, time_zone text) ON COMMIT DROP"
    )
    _copy(cursor, "import_row", chunk.staged)


def _copy(cursor: Any, table: str, lines: bytes) -> None:
    cursor.copy_expert(f"COPY {table} FROM STDIN", BytesIO(lines), len(lines))


def _escaped(text: str) -> str:
    """As COPY's text format wants it."""
    if "\\" in text:
        text = text.replace("\\", "\\\\")
    if not text.isprintable():
        text = text.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    return text


def _object(fields: dict[str, str]) -> str:
    """As JSON; json.dumps takes twice as long for a few short texts."""
    return "{" + ",".join([f"{_quoted(key)}:{_quoted(text)}" for key, text in fields.items()]) + "}"


def _list(cells: Iterable[str]) -> str:
    return "[" + ",".join(map(_quoted, cells)) + "]"


def _storable(cell: str) -> str:
    """A refused cell as it stood; what no text can hold becomes a question mark."""
    return cell.replace("\x00", "").encode("utf-8", "replace").decode()


# `(SELECT 12)`, never `12`: of a site that came up since the last ANALYZE the planner would believe
# that it has one row, take any index that begins with the site, and read the whole site for each
# person. Of a site whose number it does not know it takes the average (docs/performance.md, "A site
# that statistics do not know yet").
_JOIN = """
CREATE TEMP TABLE import_contact ON COMMIT DROP AS
SELECT r.*, c.id IS NULL AS is_new,
  coalesce(c.id, nextval('visitors_contact_id_seq')) AS contact_id,
  c.id IS NOT NULL AND c.imported_by_id IS NOT DISTINCT FROM %(run)s AS is_again,
  c.id IS NOT NULL AND ((r.name <> '' AND r.name <> c.name) OR NOT c.fields @> r.fields
    OR (r.time_zone <> '' AND r.time_zone <> c.time_zone) OR c.consent < %(consent)s) AS is_changed,
  CASE WHEN c.id IS NULL THEN %(consent)s > 0 WHEN c.consent >= %(consent)s THEN false
    ELSE NOT EXISTS (SELECT 1 FROM visitors_choice own WHERE own.site_id = (SELECT %(site)s)
      AND own.contact_id = c.id AND own.kind = %(marketing)s AND own.by_person AND NOT own.agreed
      OFFSET 0) END AS rises
FROM import_row r
LEFT JOIN LATERAL (SELECT * FROM visitors_contact k WHERE k.site_id = (SELECT %(site)s)
  AND k.email_norm = r.email_norm OFFSET 0) c ON true
"""
_COUNT = """
SELECT count(*) FILTER (WHERE is_new), count(*) FILTER (WHERE is_changed),
  count(*) FILTER (WHERE is_changed AND NOT is_again),
  count(*) FILTER (WHERE NOT is_new AND NOT is_changed AND NOT is_again),
  count(*) FILTER (WHERE is_again), count(*) FILTER (WHERE rises AND NOT is_new)
FROM import_contact
"""
_UPDATE = """
UPDATE visitors_contact c SET
  name = CASE WHEN r.name <> '' THEN r.name ELSE c.name END,
  fields = c.fields || r.fields,
  time_zone = CASE WHEN r.time_zone <> '' THEN r.time_zone ELSE c.time_zone END,
  consent_note = CASE WHEN r.rises THEN %(note)s ELSE c.consent_note END,
  consent_at = CASE WHEN r.rises THEN %(at)s ELSE c.consent_at END,
  consent = CASE WHEN r.rises THEN %(consent)s::smallint ELSE c.consent END,
  updated_at = now()
FROM import_contact r WHERE c.site_id = (SELECT %(site)s) AND c.id = r.contact_id AND r.is_changed
"""
# Numbers follow the file without a sort: a temporary table is read in the order it was written, and
# the join above keeps it.
_INSERT = """
INSERT INTO visitors_contact (id, site_id, number, email, email_norm, email_hash, name, fields,
  time_zone, source, consent, consent_note, consent_at, imported_by_id, created_at, updated_at)
SELECT contact_id, %(site)s, %(number)s + row_number() OVER (), email, email_norm, email_hash, name,
  fields, time_zone, %(source)s, %(consent)s, %(note)s, %(at)s, %(run)s, now(), now()
FROM import_contact WHERE is_new
"""
