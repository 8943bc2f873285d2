"""Check a downloaded journal: needs no database, no settings and nothing that is installed.

Every entry's seal is SHA-256 over the seal before and the entry, written as PostgreSQL writes
`jsonb_build_array(site, seq, at, actor, action, table, id, detail)::text`
(`app.journal_hash`, comm100/core/sql/fortify.sql). This file alone is enough to run it.
"""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

SEALED = ("site", "seq", "at", "actor", "action", "table", "id", "detail", "prev", "hash")
LINK = ("site", "seq", "prev", "hash")  # what is left of an entry that is withheld
FIRST = "00"  # what stands as `prev` of a site's first entry
SHOWN = 20  # problems that are told one by one
WHOLE, BROKEN, UNREADABLE = 0, 1, 2


class Number(str):
    """A number as it is written in the file: its seal knows 1.50 from 1.5."""

    __slots__ = ()


class Unreadable(ValueError):
    """The file is no journal; the message says where and why."""


@dataclass
class Findings:
    """What a journal proves: how far it goes, and everything that does not fit."""

    site: str = ""
    entries: int = 0
    withheld: int = 0
    first: int = 0
    last: int = 0
    head: str = ""
    problems: list[str] = field(default_factory=list)
    gaps: int = 0  # how many of the problems are nothing but entries that are not here
    missed_heads: set[str] = field(default_factory=set)

    @property
    def is_whole(self) -> bool:
        return not self.problems


def seal_of(entry: dict[str, Any]) -> str:
    """The seal that an entry must carry, from what it says and the seal before it."""
    facts = [Number(int(entry["site"])), Number(int(entry["seq"]))]
    facts += [entry[name] for name in ("at", "actor", "action", "table", "id", "detail")]
    return sha256(bytes.fromhex(entry["prev"]) + canonical(facts).encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON as PostgreSQL's jsonb writes it: keys by length, then by bytes."""
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: (len(key.encode()), key.encode()))
        return "{" + ", ".join(f"{canonical(key)}: {canonical(value[key])}" for key in keys) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(canonical, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def check(entries: Iterable[dict[str, Any]], heads: Iterable[str] = ()) -> Findings:
    """Follow the chain from its first entry; each of `heads` (seals) must lie on it."""
    found = Findings(missed_heads={head.lower() for head in heads})
    for entry in entries:
        seq = int(entry["seq"])
        found.problems += _problems(entry, seq, found)
        found.gaps += seq > found.last + 1
        found.site, found.last, found.head = str(entry["site"]), seq, entry["hash"]
        found.first = found.first or seq
        found.entries += 1
        found.withheld += "withheld" in entry
        found.missed_heads.discard(entry["hash"].lower())
    if not found.entries:
        raise Unreadable("it holds no entries")
    for head in sorted(found.missed_heads):
        found.problems.append(
            f"The head {head} is not in this journal: it was cut off at its end, or rewritten."
        )
    return found


def _problems(entry: dict[str, Any], seq: int, before: Findings) -> Iterator[str]:
    if before.entries and str(entry["site"]) != before.site:
        yield f"Entry {seq} belongs to another site."
    if seq <= before.last:
        yield f"Entry {seq} stands after entry {before.last}: out of its order."
    elif seq > before.last + 1:
        missing = seq - before.last - 1
        what = "1 entry is" if missing == 1 else f"{missing} entries are"
        yield f"Before entry {seq}, {what} missing."
    elif entry["prev"] != (before.head or FIRST):
        yield f"Entry {seq} does not follow from the one before."
    if "withheld" not in entry and entry["hash"] != seal_of(entry):
        yield f"Entry {seq} was changed: its seal does not fit."


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The entries of a `.jsonl` or `.csv` download, oldest first."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            start = file.read(1)
            file.seek(0)
            yield from _lines(file) if start == "{" else _rows(file)
    except UnicodeDecodeError as error:
        raise Unreadable("it is no text in UTF-8") from error


def _lines(file: Iterable[str]) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file, 1):
        if line.strip():
            yield _entry(lambda text=line: _json(text), f"line {number}")


def _rows(file: Iterable[str]) -> Iterator[dict[str, Any]]:
    """A table may come newest first, as the page shows it."""
    csv.field_size_limit(2**24)
    rows = list(csv.DictReader(file))
    if len(rows) > 1 and int(rows[0].get("seq") or 0) > int(rows[-1].get("seq") or 0):
        rows.reverse()
    for number, row in enumerate(rows, 1):
        made = lambda row=row: {**row, "detail": _json(row["detail"])}  # noqa: E731
        yield _entry(made, f"entry number {number}")


def _json(text: str) -> Any:
    return json.loads(text, parse_int=Number, parse_float=Number)


def _entry(make: Any, where: str) -> dict[str, Any]:
    try:
        entry: dict[str, Any] = make()
        needed = LINK if "withheld" in entry else SEALED
        missing = [name for name in needed if name not in entry]
        if missing:
            raise Unreadable(f"{where} has no {missing[0]}")
        bytes.fromhex(entry["prev"] + entry["hash"])
        int(entry["seq"]), int(entry["site"])
    except Unreadable:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Unreadable(f"{where} is no entry of a journal") from error
    return entry


def report(path: Path, heads: Sequence[str], out: Any) -> int:
    """Check one file and say what was found; answer the exit code."""
    try:
        found = check(read(path), heads)
    except OSError as error:
        print(f"{path}: {error.strerror or error}", file=out)
        return UNREADABLE
    except ValueError as error:  # Unreadable, and what a table has in place of numbers
        print(f"{path} is no journal that can be checked: {error}.", file=out)
        return UNREADABLE
    print(f"{path}: {found.entries} entries of site {found.site}.", file=out)
    if not found.is_whole:
        return _told_broken(path, found, out)
    print("The chain is whole: every entry follows from the one before.", file=out)
    if found.withheld:
        print(f"Entries that are withheld, seals alone: {found.withheld}.", file=out)
    print(f"Head: entry {found.last}, {found.head}", file=out)
    if heads:
        print("Every head that was given lies on this chain.", file=out)
    else:
        print("Give --head with a seal from a mail, to see that nothing is missing.", file=out)
    return WHOLE


def _told_broken(path: Path, found: Findings, out: Any) -> int:
    is_part = path.suffix.lower() == ".csv" and found.gaps == len(found.problems)
    print("THIS IS A PART OF A JOURNAL." if is_part else "THE CHAIN IS BROKEN.", file=out)
    for problem in found.problems[:SHOWN]:
        print(f"  {problem}", file=out)
    if len(found.problems) > SHOWN:
        print(f"  … and {len(found.problems) - SHOWN} more.", file=out)
    if is_part:
        print(
            "Each entry here fits its seal, but a table has only what its filter shows:", file=out
        )
        print("check the sealed copy (.jsonl) to see that nothing is missing.", file=out)
    return BROKEN


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("verb", choices=["verify"])
    parser.add_argument("file", metavar="FILE", type=Path, help="a .jsonl or .csv download")
    parser.add_argument(
        "--head",
        metavar="HASH",
        action="append",
        default=[],
        help="a seal from one of the daily mails; may be given more than once",
    )


def main(arguments: Sequence[str]) -> int:
    """`journal verify FILE [--head HASH]…`: 0 whole, 1 broken, 2 not readable."""
    parser = argparse.ArgumentParser(prog="journal", description=(__doc__ or "").partition("\n")[0])
    add_arguments(parser)
    given = parser.parse_args(list(arguments))
    return report(given.file, given.head, sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
