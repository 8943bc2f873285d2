"""A copy of all that is held of somebody: a ZIP with one JSON and the files beside it.

It is made from the register (comm100/core/personal_data.py) and nothing else, so what a copy lacks
is lacking there, where a check looks.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from comm100.core.personal_data import Holding, Person, every_holding
from comm100.core.tenancy import one_moment

READ_ME = """This is a copy of what {company} and the sites that it hosts hold of you.

data.json has it table by table: what it is for, how long it is kept, and the rows. Dates are in
UTC. The folders beside it hold letters as they stand with us; mail programs open them.
Passwords, keys and codes of second factors are not in a copy: who found it could sign in.
"""


@dataclass(frozen=True)
class Part:
    """Where something of a person stands: at a site, or with their account.

    scope: the context in which it can be read and changed, in one transaction, or in one that is
    open already.
    """

    where: str
    person: Person
    scope: Callable[[], AbstractContextManager[None]]
    title: str = ""  # on a page


def write_copy(file: IO[bytes], parts: Iterable[Part]) -> None:
    """The whole copy, as everything is at one moment: letters beside it are those that it lists."""
    parts = list(parts)
    with ZipFile(file, "w", ZIP_DEFLATED) as archive, one_moment():
        archive.writestr("read-me.txt", READ_ME.format(company=settings.COMPANY_NAME))
        with archive.open("data.json", "w", force_zip64=True) as out:
            for text in _told(parts):
                out.write(text.encode())
        for part in parts:
            with part.scope():
                for holding in _holdings(part.person):
                    for name, content in holding.copy_files(part.person):
                        archive.writestr(f"{part.where}/{name}", content)


def summary(person: Person) -> list[tuple[Holding, int | None]]:
    """What is held, in the scope of this moment: the table and how many rows, None where they are
    looked for only when a copy is made. Tables without a row are left out; what stays comes last.
    """
    found: list[tuple[Holding, int | None]] = []
    for holding in _holdings(person):
        if holding.searched and person.kind == "contact":
            found.append((holding, None))
            continue
        rows = holding.rows_of(person)
        if rows is not None and (count := rows.count()):
            found.append((holding, count))
    return sorted(found, key=lambda one: bool(one[0].stays))


def _holdings(person: Person) -> list[Holding]:
    return [holding for holding in every_holding() if holding.knows(person)]


def _told(parts: list[Part]) -> Iterator[str]:
    facts = {"company": settings.COMPANY_NAME, "made_at": timezone.now()}
    yield f'{_json(facts)[:-2]},\n "parts": ['
    for place, part in enumerate(parts):
        with part.scope():
            tables = [table for h in _holdings(part.person) if (table := _table(h, part.person))]
            yield ("," if place else "") + _json({"where": part.where, "tables": tables})
    yield "]}\n"


def _table(holding: Holding, person: Person) -> dict[str, Any] | None:
    rows = list(holding.copy(person))
    if not rows:
        return None
    return {
        "table": holding.label,
        "what": holding.title,
        "used": [f"{one.label} ({one.clause})" for one in holding.purposes],
        "kept": holding.kept,
        "when_erased": holding.stays or holding.erasing,
        "rows": rows,
    }


class _Encoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, bytes | memoryview):
            return bytes(o).hex()
        return super().default(o)


def _json(value: Any) -> str:
    return json.dumps(value, cls=_Encoder, indent=1, ensure_ascii=False)
