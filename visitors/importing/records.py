"""Read a CSV record by record, knowing at each how many bytes are done: the watermark of an import.

Flat in memory: one block of the file at a time. A quotation mark that is never closed costs its
own line, not the rest of the file.
"""

import codecs
import csv
from collections.abc import Iterator
from typing import Any, BinaryIO

from visitors.importing.dialect import BLOCK, Dialect

LONGEST_RECORD = 200  # lines; a quoted cell with more of them was never closed
UNCLOSED = "A quotation mark is opened and never closed."
TORN = "A line break stands in the middle of a cell."


class Records:
    """Iterate over `(line, cells, fault)`; `offset` and `lines` say what is done so far.

    line: number of the record's first physical line, from 1. fault: why the csv module could not
    read it, "" when it could; then `cells` holds the whole line as one cell. The header stands in
    `header`.
    """

    def __init__(
        self, file: BinaryIO, dialect: Dialect, *, offset: int = 0, lines: int = 0
    ) -> None:
        self.file, self.dialect = file, dialect
        self.offset, self.lines = offset or dialect.start, lines
        self._errors = "replace" if dialect.encoding.startswith("utf-16") else "surrogateescape"
        self.header: list[str] = []
        self._start_reading()
        if not offset and dialect.header:
            self.header = next((cells for _, cells, _ in self if any(map(str.strip, cells))), [])

    def __iter__(self) -> Iterator[tuple[int, list[str], str]]:
        while True:
            first, before = self.lines + 1, self._reader.line_num
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield first, self._one_line(), TORN if "new-line" in str(error) else UNCLOSED
                continue
            span = self._reader.line_num - before
            if span > 1 and self._was_never_closed(span):
                yield first, self._one_line(), UNCLOSED
                continue
            self.offset, self.lines = self._read, self.lines + span
            yield first, cells, ""

    def _start_reading(self) -> None:
        self.file.seek(self.offset)
        self._read, self._at_end = self.offset, False
        self._source = self._physical_lines()
        self._reader: Any = csv.reader(
            self._source, delimiter=self.dialect.delimiter, skipinitialspace=True
        )

    def _physical_lines(self) -> Iterator[str]:
        newline = self.dialect.newline
        decode = codecs.getincrementaldecoder(self.dialect.encoding)(self._errors).decode
        rest, width = "", self._width
        while block := self.file.read(BLOCK):
            lines = (rest + decode(block)).split(newline)
            rest = lines.pop()
            for line in lines:
                whole = line + newline
                self._read += len(whole) if self._is_narrow(whole) else width(whole)
                yield whole
        rest += decode(b"", True)
        self._at_end = True
        if rest:
            self._read += width(rest)
            yield rest

    def _is_narrow(self, line: str) -> bool:
        """Whether each character of a line is one byte."""
        return line.isascii() and self._errors == "surrogateescape"

    def _width(self, line: str) -> int:
        return len(line.encode(self.dialect.encoding, self._errors))

    def _was_never_closed(self, span: int) -> bool:
        if span > LONGEST_RECORD:
            return True
        if not self._at_end:
            return False
        here = self.file.tell()
        self.file.seek(self.offset)
        text = self.file.read(self._read - self.offset).decode(self.dialect.encoding, self._errors)
        self.file.seek(here)
        return text.count('"') % 2 == 1

    def _one_line(self) -> list[str]:
        """Go back to where the record began and take its first line alone."""
        self._start_reading()
        line = next(self._source)
        self.offset, self.lines = self._read, self.lines + 1
        return [line.rstrip("\r\n")]
