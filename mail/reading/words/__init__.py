"""What people and mail programs write in each language: one TOML file a language.

Phrases are regular expressions in small letters, compared after `fold`. A space is any gap between
words, an apostrophe too; `…` is up to four words. They match whole words unless the file says
`joined = true` (scripts without spaces between words).
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_SOME = "\ue000"  # stands for … , which fold would write as three dots
_FOLDER = Path(__file__).parent
_UNMARKED = str.maketrans(
    {"ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th"}
    | dict.fromkeys(map(ord, "'’‘`´ʼ"), " ")
    | dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)], None)
    | dict.fromkeys([0xFEFF, 0xAD, 0x640], None)
)
_MARKS = re.compile("[\u0300-\u036f\u05b0-\u05c7\u064b-\u0652]+")


def fold(text: str) -> str:
    """Small letters without accents, apostrophes and invisible characters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", apart)).translate(_UNMARKED)


def tables() -> dict[str, dict[str, Any]]:
    """Every file's content by language code."""
    return {
        path.stem: tomllib.loads(path.read_text("utf-8")) for path in sorted(_FOLDER.glob("*.toml"))
    }


def phrases(
    lines: Iterable[str], *, joined: bool = False, stops: str = ""
) -> re.Pattern[str] | None:
    """One pattern that finds any of the phrases in folded text; none goes beyond one of `stops`."""
    between = rf"[^\w.!?\n{stops}]+"
    gap, some = (
        (r"\s*", r".{0,12}?") if joined else (between, rf"{between}(?:\w+{between}){{0,4}}?")
    )
    folded = [fold(line.replace("…", _SOME)).strip() for line in lines]
    folded = [re.sub(f" *{_SOME} *", _SOME, line).rstrip(_SOME) for line in folded]
    ready = [re.sub(" +", lambda _: gap, line).replace(_SOME, some) for line in folded]
    if not ready:
        return None
    either = "|".join(sorted(ready, key=len, reverse=True))
    return re.compile(f"(?:{either})" if joined else rf"(?<!\w)(?:{either})(?!\w)")


class Phrasebook(NamedTuple):
    """What programs and people put around their words, over all languages."""

    verbs: re.Pattern[str]  # "wrote"
    openers: re.Pattern[str]  # "On"
    separators: re.Pattern[str]  # "Original message"
    first: frozenset[str]  # "from"
    labels: frozenset[str]  # "sent", "to", "subject"
    sent: re.Pattern[str]  # "sent from my"
    regards: re.Pattern[str]  # "kind regards"
    legal: re.Pattern[str]  # "this e-mail is confidential"
    subjects: re.Pattern[str]  # of automatic replies
    absent: re.Pattern[str]  # "I am out of the office"
    robots: re.Pattern[str]  # "this is an automatic reply"


_EITHER = (
    "verbs",
    "openers",
    "separators",
    "sent",
    "regards",
    "legal",
    "subjects",
    "absent",
    "robots",
)


@cache
def phrasebook() -> Phrasebook:
    """Made once a process."""
    read = tables().values()
    patterns = {key: _all(read, key) for key in _EITHER}
    return Phrasebook(
        first=frozenset(fold(w) for table in read for w in table["mail"].get("first", [])),
        labels=frozenset(
            fold(w)
            for table in read
            for key in ("first", "labels")
            for w in table["mail"].get(key, [])
        ),
        **patterns,
    )


def _all(read: Iterable[dict[str, Any]], key: str) -> re.Pattern[str]:
    either = []
    for table in read:
        lines = table["mail"].get(key, [])
        if pattern := phrases(lines, joined=table.get("joined", False)):
            either.append(pattern.pattern)
    return re.compile("|".join(either))
