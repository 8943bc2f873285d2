"""The texts that people accept: published once, never edited, told of before they apply (P11)."""

import re
from difflib import SequenceMatcher
from hashlib import sha256
from html import unescape
from typing import NamedTuple

from django.db import transaction
from django.template import engines
from django.utils.html import strip_tags
from django.utils.safestring import mark_safe

from comm100.core.documents import files
from privacy.models import PublishedText

WORDS = re.compile(r"\s+")
PARAGRAPH = re.compile(r"<(?P<tag>p|h2|li)\b(?P<rest>[^>]*)>(?P<inner>.*?)</(?P=tag)>", re.DOTALL)
ID = re.compile(r'\bid="([^"]+)"')
NUMBER = re.compile(r'<span class="clause">.*?</span>')


class Edited(Exception):
    """The file of a published version is not what was published."""


class Piece(NamedTuple):
    """Some words of a comparison: `same`, `gone` or `new`."""

    kind: str
    words: str


class Change(NamedTuple):
    """One paragraph that differs; `clause` is its number, `P7.3`, or ""."""

    clause: str
    pieces: list[Piece]


@transaction.atomic
def publish_files() -> list[PublishedText]:
    """Publish the versions that we ship and that are not published yet. Safe to repeat.

    Raises:
        Edited: somebody changed the file of a version that people may have accepted.
    """
    return [made for name in PublishedText.Name for made in _publish(name)]


def _publish(name: str) -> list[PublishedText]:
    known = {text.version: text.digest for text in PublishedText.objects.of(name)}
    made = []
    for path in files(name):  # type: ignore[arg-type]
        source = path.read_text()
        if path.stem not in known:
            made.append(PublishedText(name=name, since=path.stem, source=source))
        elif known[path.stem] != sha256(source.encode()).hexdigest():
            raise Edited(
                f"{path} differs from what was published. Undo the edit, and put the new text "
                "into a file of its own that is named after the day from which it applies."
            )
    return PublishedText.objects.bulk_create(made)


def html_of(text: PublishedText) -> str:
    """The text as a page shows it, with the company's name."""
    from django.conf import settings  # noqa: PLC0415

    template = engines["django"].from_string(text.source)
    return mark_safe(template.render({"company_name": settings.COMPANY_NAME}))  # noqa: S308  our own text


def changes(before: PublishedText, after: PublishedText) -> list[Change]:
    """What differs, paragraph by paragraph, word by word; in the order of the newer text."""
    old, new = _paragraphs(html_of(before)), _paragraphs(html_of(after))
    keys = [*new, *(key for key in old if key not in new)]
    return [
        Change(key if key.startswith("P") else "", _compared(old.get(key, ""), new.get(key, "")))
        for key in keys
        if old.get(key) != new.get(key)
    ]


def _paragraphs(html: str) -> dict[str, str]:
    """Id or running number → its words."""
    found: dict[str, str] = {}
    for number, match in enumerate(PARAGRAPH.finditer(html)):
        named = ID.search(match["rest"])
        inner = NUMBER.sub("", match["inner"])
        found[named[1] if named else f"#{number}"] = unescape(strip_tags(inner)).strip()
    return found


def _compared(old: str, new: str) -> list[Piece]:
    before, after = WORDS.split(old), WORDS.split(new)
    pieces = []
    for kind, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            pieces.append(Piece("same", " ".join(before[a:b])))
            continue
        gone, added = " ".join(before[a:b]), " ".join(after[c:d])
        pieces += [Piece("gone", gone)] if gone else []
        pieces += [Piece("new", added)] if added else []
    return pieces
