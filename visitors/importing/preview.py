"""The first rows of a file, for a person to say what its columns mean."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from visitors.importing.columns import guess_columns
from visitors.importing.dialect import Dialect
from visitors.importing.records import Records

MOST_COLUMNS, MOST_ROWS, SHOWN = 60, 100, 3
LONGEST_TITLE = 60


@dataclass(frozen=True)
class Preview:
    """`titles`: a name for each column, its header or "Column 3"; `rows` without the header."""

    dialect: Dialect
    titles: list[str]
    header: list[str]
    rows: list[list[str]]
    more_columns: int = 0

    def values(self, column: int) -> list[str]:
        """The first values of a column that are not empty."""
        filled = (row[column].strip() for row in self.rows if column < len(row))
        return list(islice((value for value in filled if value), SHOWN))

    def guesses(self, fields: dict[str, str]) -> list[str]:
        """A meaning for each column; fields: the site's custom fields, key → label."""
        return guess_columns(self.header, self.rows, fields)


def preview_of(path: Path, dialect: Dialect) -> Preview:
    """The first rows; a file of a header only has none."""
    with path.open("rb") as file:
        records = Records(file, dialect)
        head = records.header
        found = islice((cells for _, cells, _ in records if any(map(str.strip, cells))), MOST_ROWS)
        rows = [[_readable(cell) for cell in cells] for cells in found]
    width = max(map(len, [head, *rows]), default=0)
    header = [_readable(cell).strip()[:LONGEST_TITLE] for cell in head] + [""] * (width - len(head))
    titles = [title or f"Column {number}" for number, title in enumerate(header, 1)]
    kept = slice(0, MOST_COLUMNS)
    return Preview(dialect, titles[kept], header[kept], rows, max(0, width - MOST_COLUMNS))


def _readable(cell: str) -> str:
    """What a page can show: letters that the encoding could not read become question marks."""
    return cell.encode("utf-8", "replace").decode()
