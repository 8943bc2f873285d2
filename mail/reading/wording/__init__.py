"""The words of mail servers: files of `[section]` and one phrase a line, `#` for comments."""

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent


@cache
def sections(name: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """In the order of the file."""
    found: list[tuple[str, list[str]]] = []
    for line in (_FOLDER / f"{name}.txt").read_text("utf-8").splitlines():
        if line.startswith("[") and line.endswith("]") and line[1:-1].isidentifier():
            found.append((line[1:-1], []))
        elif line and not line.startswith("#"):
            found[-1][1].append(line)
    return tuple((section, tuple(lines)) for section, lines in found)


@cache
def pattern(name: str, section: str) -> re.Pattern[str]:
    """One pattern that finds any line of a section."""
    return re.compile("|".join(dict(sections(name))[section]), re.IGNORECASE)
