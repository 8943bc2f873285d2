"""What a copy of a site holds: a file a table, media, the sealed journal, and what explains it.

A source is read piece by piece from a mark on, in the context of the site: so a copy needs little
memory. What stands in the database is read in one moment; files come after it, and go on where they
were.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models
from django.utils import timezone

from accounts.models import Site
from comm100.core import chain
from comm100.core.archive import Ledger
from comm100.core.fortify import data_class_of, every_model
from comm100.core.models import JournalEntry, JournalHead
from comm100.core.tenancy import SiteOwned, current_site_id
from operators.journal_files import sealed_part
from operators.models import Operator

COPIES = "copies"  # the folder of copies; neither it nor another `…copies` is copied itself
BYTES = 2 * 2**20  # about, of one piece
ROWS, FEW = 500, 5  # fetched at once; of rows that may be large
JOURNAL = "journal.jsonl"
SITE_FIELDS = (
    "slug", "name", "web_url", "company_address", "employees", "industry", "time_zone",
    "track_opens", "track_clicks", "created_at",
)  # fmt: skip
READ_ME = """{site}, as {company} hosted it; begun {at:%Y-%m-%d %H:%M} UTC.

site.json         what the site tells of itself
operators.jsonl   who works for it
tables/           one file a table, one JSON object a line; bytes are hexadecimal after \\x
media/            files
journal.jsonl     the journal as it was sealed. Check it with Python alone:
                  python3 verify_journal.py verify journal.jsonl
manifest.json     rows, bytes and SHA-256 of each file

Tables, people and journal are of one moment, when the copy was begun; media are the files that
were there a little later. Private keys, passwords and the words of single letters are not in it.
"""


@dataclass(frozen=True)
class Piece:
    """Some of a source, and the mark to go on from; None at its end."""

    data: bytes
    rows: int = 0
    mark: int | None = None


@dataclass(frozen=True)
class Source:
    name: str
    read: Callable[[int], Piece]


def of_one_moment() -> Iterator[Source]:
    """All that stands in the database, in order; of the site in context."""
    yield Source("README.txt", lambda _: Piece(_read_me().encode()))
    yield Source("site.json", lambda _: Piece(_json(_site_facts())))
    yield Source("operators.jsonl", lambda _: _operators())
    for model in copied_models():
        yield Source(f"tables/{model._meta.db_table}.jsonl", partial(_table_piece, model))
    yield Source(JOURNAL, _journal_piece)


def files(ledger: Ledger) -> Iterator[Source]:
    """What comes after it; nobody changes these files."""
    yield Source("verify_journal.py", lambda _: Piece(Path(chain.__file__).read_bytes()))
    for path in _media():
        yield Source(f"media/{path.relative_to(_folder())}", partial(_file_piece, path))
    yield Source("manifest.json", lambda _: Piece(_json(_manifest(ledger))))


def copied_models() -> list[type[SiteOwned]]:
    """Every table of user data; the journal comes as it was sealed."""
    sealed = {JournalEntry, JournalHead}
    owned = [m for m in every_model() if issubclass(m, SiteOwned) and m not in sealed]
    return [model for model in owned if data_class_of(model) == "user_data"]


def copied_columns(model: type[SiteOwned]) -> list[str]:
    hidden = model.hidden_from_staff
    columns = [str(field.column) for field in model._meta.local_concrete_fields]
    return [column for column in columns if column not in hidden]


def count_rows() -> int:
    """How many rows there will be, for the progress."""
    tables = sum(model._default_manager.count() for model in copied_models())
    return tables + JournalEntry.objects.count() + Operator.objects.count()


def _table_piece(model: type[SiteOwned], after: int) -> Piece:
    table = model._meta.db_table
    columns = ", ".join(f't."{column}"' for column in copied_columns(model))
    statement = (
        f"SELECT t.id, row_to_json(x)::text FROM {table} t "  # noqa: S608  our own names
        f"CROSS JOIN LATERAL (SELECT {columns}) x "
        "WHERE t.site_id = (SELECT %s) AND t.id > %s ORDER BY t.id"  # no sort of the whole site
    )
    lines: list[str] = []
    size, last, step = 0, after, _fetched_at_once(model)
    with connection.chunked_cursor() as cursor:  # on the server: only what is fetched is sent
        cursor.execute(statement, [current_site_id(), after])
        while size < BYTES:
            rows = cursor.fetchmany(step)
            if not rows:
                return Piece(_lines(lines), len(lines))
            lines += [text for _, text in rows]
            size += sum(len(text) for _, text in rows)
            last = rows[-1][0]
    return Piece(_lines(lines), len(lines), last)


def _fetched_at_once(model: type[SiteOwned]) -> int:
    hidden = model.hidden_from_staff
    large = (models.BinaryField, models.TextField)
    fields = [f for f in model._meta.local_fields if f.name not in hidden]
    unbounded = [f for f in fields if isinstance(f, large) and "hash" not in f.name]
    return FEW if unbounded else ROWS


def _journal_piece(after: int) -> Piece:
    head = JournalHead.objects.first()
    text, last = sealed_part(current_site_id() or 0, after, head.seq if head else 0)
    return Piece(text.encode(), text.count("\n"), last)


def _file_piece(path: Path, after: int) -> Piece:
    try:
        with path.open("rb") as file:
            file.seek(after)
            data = file.read(BYTES)
    except FileNotFoundError:  # it was dropped meanwhile
        return Piece(b"")
    return Piece(data, 0, after + len(data) if len(data) == BYTES else None)


def _media() -> list[Path]:
    folder = _folder()
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(p for p in found if not p.relative_to(folder).parts[0].endswith(COPIES))


def _folder() -> Path:
    return Path(settings.MEDIA_ROOT) / "sites" / str(current_site_id())


def _operators() -> Piece:
    people = Operator.objects.select_related("user").order_by("number")
    lines = [
        {
            "number": one.number,
            "name": one.user.name,
            "email": one.user.email,
            "role": one.get_role_display(),
            "since": one.created_at,
            "left": one.left_at,
        }
        for one in people
    ]
    return Piece(_lines([json.dumps(line, cls=DjangoJSONEncoder) for line in lines]), len(lines))


def _read_me() -> str:
    site = Site.objects.get(pk=current_site_id() or 0)
    return READ_ME.format(site=site.name, company=settings.COMPANY_NAME, at=timezone.now())


def _site_facts() -> dict[str, Any]:
    facts: dict[str, Any] = Site.objects.values(*SITE_FIELDS).get(pk=current_site_id() or 0)
    return facts


def _manifest(ledger: Ledger) -> dict[str, Any]:
    whole = [member for member in ledger.members if member.digest]
    files = [{"name": m.name, "rows": m.rows, "bytes": m.size, "sha256": m.digest} for m in whole]
    return {"made_at": timezone.now(), "rows": sum(m.rows for m in whole), "files": files}


def _json(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False).encode() + b"\n"


def _lines(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()
