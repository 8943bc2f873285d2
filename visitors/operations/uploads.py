"""Somebody's lines in CSV files that wait to be imported: found for a copy, blanked when they go.

A line is overwritten with spaces: every byte after it stays where it was, so an import that runs
goes on at its watermark. A row of spaces is no row to it.
"""

import mmap
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from comm100.core.addresses import standing_alone
from comm100.core.personal_data import Person, Values
from comm100.core.storage import kept_file
from visitors.importing.dialect import Dialect
from visitors.importing.records import Records
from visitors.models import Import


@dataclass(frozen=True)
class Found:
    """One record of a file, and the bytes that it takes there."""

    line: int
    cells: list[str]
    start: int
    end: int


def lines_of(person: Person) -> Iterator[Values]:
    """What files that wait say of somebody, as a copy has it."""
    for run in _waiting():
        for found in _found_in(run, person):
            yield {"import": run.number, "line": found.line, "cells": found.cells}


@transaction.atomic
def blank_lines_of(person: Person) -> int:
    """Overwrite them; answer how many. A chunk that was read before does not come in any more."""
    blanked = 0
    for run in _waiting():
        found = list(_found_in(run, person))
        if found:
            _fence(run)
            _overwrite(kept_file(run.stored_as), Dialect.stored(run.dialect).encoding, found)
            blanked += len(found)
    return blanked


def _waiting() -> list[Import]:
    return list(Import.objects.exclude(stored_as="").order_by("pk"))


def _fence(run: Import) -> None:
    """The slice at work loses its lease: what it has in its hands is read once more."""
    Import.objects.select_for_update().filter(pk=run.pk).first()
    Import.objects.filter(pk=run.pk).update(lease_token=None, lease_until=None)


def _found_in(run: Import, person: Person) -> Iterator[Found]:
    with suppress(FileNotFoundError, IsADirectoryError):
        dialect, path = Dialect.stored(run.dialect), kept_file(run.stored_as)
        if _stands_in(path, dialect.encoding, person):
            yield from _records_with(path, dialect, person)


def _stands_in(path: Path, encoding: str, person: Person) -> bool:
    """A quick look, before every line is read."""
    words = b"|".join(re.escape(address.encode(encoding)) for address in person.addresses)
    if not words or not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return re.search(words, content, re.IGNORECASE) is not None


def _records_with(path: Path, dialect: Dialect, person: Person) -> Iterator[Found]:
    patterns = [re.compile(standing_alone(address)) for address in person.addresses]
    with path.open("rb") as file:
        records = Records(file, dialect)
        start = records.offset
        for line, cells, _ in records:
            whole = "\n".join(cells).lower()
            if any(pattern.search(whole) for pattern in patterns):
                yield Found(line, cells, start, records.offset)
            start = records.offset


def _overwrite(path: Path, encoding: str, found: list[Found]) -> None:
    space = " ".encode(encoding)
    with path.open("r+b") as file:
        for one in found:
            file.seek(one.start)
            text = file.read(one.end - one.start).decode(encoding, "replace")
            tail = len(text[len(text.rstrip("\r\n")) :].encode(encoding))
            file.seek(one.start)
            file.write(space * ((one.end - one.start - tail) // len(space)))
