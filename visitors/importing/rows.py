"""One row of a CSV into what is kept of a contact, or the reason why not."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from comm100.core.addresses import normalise_email
from comm100.core.zones import known_zone
from visitors.addresses import fault_of, is_good
from visitors.importing.columns import EMAIL, FIELD, FIRST, LAST, NAME, ZONE

LONGEST_NAME, LONGEST_VALUE = 200, 1000
UNREADABLE = "A letter cannot be read in the chosen encoding."
_ANGLE = re.compile(r"^\s*\"?([^<>\"]*?)\"?\s*<([^<>\s]+)>\s*$")  # Ann Example <ann@example.com>
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_LOST = re.compile("[\ud800-\udfff\ufffd]")


class Person(NamedTuple):
    """What one row says of one contact; `fields` holds only what is not empty."""

    email: str
    norm: str
    name: str
    fields: dict[str, str]
    zone: str = ""

    def then(self, later: "Person") -> "Person":
        """Two rows for one address: the last value that is not empty wins."""
        return Person(
            later.email,
            self.norm,
            later.name or self.name,
            self.fields | later.fields,
            later.zone or self.zone,
        )


@dataclass(frozen=True)
class Columns:
    """Where the facts stand in a row, by column number; -1 where nowhere."""

    email: int
    name: int
    first: int
    last: int
    fields: tuple[tuple[int, str], ...]
    zone: int = -1

    @classmethod
    def stored(cls, mapping: dict[str, str]) -> Self:
        """From `Import.mapping`: column number as text → meaning."""
        where = {meaning: int(column) for column, meaning in mapping.items()}
        fields = tuple(
            (column, meaning.removeprefix(FIELD))
            for meaning, column in where.items()
            if meaning.startswith(FIELD)
        )
        email, name, first, last = (where.get(m, -1) for m in (EMAIL, NAME, FIRST, LAST))
        return cls(email, name, first, last, fields, where.get(ZONE, -1))

    def read(self, cells: Sequence[str]) -> Person | str:
        """The person of a row, or why there is none, as a sentence."""
        width = len(cells)
        if self.email >= width:
            return (
                f"The row ends before the e-mail column: it has {width} cell{'s' * (width != 1)}."
            )
        email = cells[self.email].strip()
        name = self._name(cells, width)
        norm = email.lower()
        if not is_good(norm):
            email, name, norm = _looked_at_twice(email, name)
            if fault := fault_of(norm):
                return UNREADABLE if _LOST.search(email) else fault
        fields = {
            key: value
            for column, key in self.fields
            if column < width and (value := cells[column].strip())
        }
        zone = ""
        if -1 < self.zone < width and (typed := cells[self.zone].strip()):
            zone = known_zone(typed)
            if not zone:
                return f"“{typed[:40]}” is no time zone. Write it as Europe/Berlin."
        person = Person(email, norm, name, fields, zone)
        whole = "".join(cells)  # most rows are short and plain: one look at all of it
        if len(whole) <= LONGEST_NAME and whole.isascii() and whole.isprintable():
            return person
        return _clean(person)

    def _name(self, cells: Sequence[str], width: int) -> str:
        if -1 < self.name < width and (name := cells[self.name].strip()):
            return name
        first = cells[self.first].strip() if -1 < self.first < width else ""
        last = cells[self.last].strip() if -1 < self.last < width else ""
        return f"{first} {last}" if first and last else first or last


def _looked_at_twice(email: str, name: str) -> tuple[str, str, str]:
    """An address that is no plain ASCII one: with its owner's name, or an international domain."""
    if match := _ANGLE.match(email):
        name, email = name or match[1].strip(), match[2]
    email = email.removeprefix("mailto:")
    return email, name, normalise_email(email)


def _clean(person: Person) -> Person | str:
    """Without control characters; refused when too long or when letters were lost in reading."""
    name = (
        person.name
        if person.name.isprintable()
        else _CONTROL.sub("", " ".join(person.name.split()))
    )
    if len(name) > LONGEST_NAME:
        return f"The name is longer than {LONGEST_NAME} characters."
    fields = person.fields
    for key, value in fields.items():
        if len(value) > LONGEST_VALUE:
            return f"A cell is longer than {LONGEST_VALUE} characters."
        if not value.isprintable():
            fields[key] = _CONTROL.sub("", value)
    if not (name.isascii() and all(map(str.isascii, fields.values()))) and _LOST.search(
        "".join((name, *fields.values()))
    ):
        return UNREADABLE
    return person._replace(name=name, fields=fields)
