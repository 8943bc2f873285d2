"""What kind of CSV a file is: its encoding, what separates the cells, whether it has a header.

The guess reads the whole file once for the encoding, because the first accent may stand on the
last line; everything else is seen in its first 128 KB.
"""

import codecs
import csv
import re
from collections import Counter
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from comm100.core.uploads import no_list, no_text

SAMPLE = 128 * 1024
BLOCK = 1 << 20
ENCODINGS = {
    "utf-8": "Unicode (UTF-8)",
    "cp1252": "Western European (Windows-1252, Latin-1)",
    "cp1250": "Central European (Windows-1250)",
    "cp1251": "Cyrillic (Windows-1251)",
    "mac_roman": "Macintosh (Mac Roman)",
    "utf-16-le": "Unicode (UTF-16, Excel “Unicode text”)",
    "utf-16-be": "Unicode (UTF-16, big-endian)",
}
DELIMITERS = {",": "Comma  ,", ";": "Semicolon  ;", "\t": "Tab", "|": "Vertical bar  |"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?", re.IGNORECASE)  # Excel's own first line


class UnreadableFile(ValueError):
    """The file cannot be a CSV of contacts; says what to do instead."""


@dataclass(frozen=True)
class Dialect:
    """How to read one file. `start` is where its first record begins, in bytes."""

    encoding: str = "utf-8"
    delimiter: str = ","
    header: bool = True
    start: int = 0
    newline: str = "\n"

    @classmethod
    def stored(cls, facts: dict[str, Any]) -> Self:
        return cls(**facts)

    def facts(self) -> dict[str, Any]:
        return asdict(self)


def guess_dialect(path: Path) -> Dialect:
    """The dialect of a file.

    Raises:
        UnreadableFile: the file is empty, or no text.
    """
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    _refuse_no_csv(head)
    encoding = _marked(head) or _utf16_without_mark(head) or _of_whole_file(path)
    return read_as(path, encoding=encoding)


def read_as(
    path: Path, *, encoding: str, delimiter: str = "", header: bool | None = None
) -> Dialect:
    """The dialect of a file where a person chose some of it; what they left open is guessed."""
    with path.open("rb") as file:
        head = file.read(SAMPLE)
    start = next(
        (len(mark) for mark, name in _MARKS if name == encoding and head.startswith(mark)), 0
    )
    text = head[start:].decode(encoding, "replace")
    separator = _SEPARATOR_LINE.match(text)
    if separator:
        start += len(separator[0].encode(encoding))
        text = text[separator.end() :]
        delimiter = delimiter or separator[1]
    if not text.strip():
        raise UnreadableFile("This file is empty. Choose one with a row for each contact.")
    newline = "\n" if "\n" in text or "\r" not in text else "\r"
    found = Dialect(encoding, delimiter or _delimiter(text), True, start, newline)
    if header is None:
        header = not any("@" in cell for cell in next(rows_of(text, found), []))
    return replace(found, header=header)


def count_lines(path: Path) -> int:
    """Physical lines of a file, roughly: for the progress bar."""
    with path.open("rb") as file:
        return sum(
            block.count(b"\n") or block.count(b"\r")
            for block in iter(lambda: file.read(BLOCK), b"")
        )


def rows_of(text: str, dialect: Dialect) -> Any:
    """The rows of a piece of text, as the csv module reads them; stops at what it cannot read."""
    reader = csv.reader(
        text.splitlines(keepends=True) if dialect.newline == "\n" else text.split("\r"),
        delimiter=dialect.delimiter,
        skipinitialspace=True,
    )
    try:
        yield from (row for row in reader if any(cell.strip() for cell in row))
    except csv.Error:
        return


def _refuse_no_csv(head: bytes) -> None:
    if words := no_list(head):
        raise UnreadableFile(words)
    if b"\x00" in head and not (_marked(head) or _utf16_without_mark(head)):
        raise UnreadableFile(no_text())


def _marked(head: bytes) -> str:
    return next((name for mark, name in _MARKS if head.startswith(mark)), "")


def _utf16_without_mark(head: bytes) -> str:
    """Latin text as UTF-16 has a zero in nearly every second place."""
    piece = head[:2000]
    for name, zeros in (("utf-16-le", piece[1::2]), ("utf-16-be", piece[0::2])):
        if len(zeros) > 1 and zeros.count(0) > 0.7 * len(zeros):
            return name
    return ""


def _of_whole_file(path: Path) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            for block in iter(lambda: file.read(BLOCK), b""):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _delimiter(text: str) -> str:
    """The one that cuts most rows into the same number of cells, two or more."""

    def evenness(delimiter: str) -> tuple[float, int]:
        dialect = Dialect(delimiter=delimiter, newline="\n" if "\n" in text else "\r")
        widths = Counter(
            len(row) for row, _ in zip(rows_of(text, dialect), range(200), strict=False)
        )
        width, times = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        return (times / max(1, widths.total()) if width > 1 else 0.0, width)

    best = max(DELIMITERS, key=evenness)
    return best if evenness(best)[0] else ","
