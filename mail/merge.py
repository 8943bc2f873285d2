"""Merge fields, `{{ key | fallback }}`, and conditions, `{{#if key}} … {{else}} … {{/if}}`: found,
checked for the editor, and filled in safely.

A value is escaped for where it lands: HTML in the HTML part, one clean line in text and subject.
A condition asks whether a contact has the value; it holds no other condition.
"""

import html as html_text
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mail.content import CONDITION, MailingContent

Place = Literal["html", "text", "subject"]
RESERVED = frozenset({"unsubscribe_url", "preferences_url"})
ALWAYS_THERE = frozenset({"email"}) | RESERVED
KNOWN = frozenset({"name", "first_name"}) | ALWAYS_THERE
_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_ELSE = re.compile(r"\{\{\s*else\s*\}\}")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)[^>]*?(/?)>")
_INSIDE_A_TAG = re.compile(r"<[a-zA-Z/][^<>]*\{\{\s*(?:#if\b|else\b|/if\b)")
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "wbr"})
_HREF = re.compile(r"""(?:href|src|action)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)""", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_ON_A_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True)
class Field:
    key: str
    fallback: str = ""


@dataclass(frozen=True)
class Choice:
    """What stands there by whether the contact has a value for `key`."""

    key: str
    then: tuple[str | Field, ...]
    otherwise: tuple[str | Field, ...]

    def branch(self, values: Mapping[str, str]) -> tuple[str | Field, ...]:
        return self.then if values.get(self.key) else self.otherwise


Piece = str | Field | Choice


def split(source: str, *, markup: bool = False) -> Iterator[Piece]:
    """The source as literal pieces, fields and choices, in order; `markup`: the source is HTML."""
    parts = CONDITION.split(source)
    for at in range(0, len(parts) - 1, 3):
        yield from _flat(parts[at], markup=markup)
        then, *otherwise = _ELSE.split(parts[at + 2], maxsplit=1)
        yield Choice(
            parts[at + 1].strip(),
            tuple(_flat(then, markup=markup)),
            tuple(_flat("".join(otherwise), markup=markup)),
        )
    yield from _flat(parts[-1], markup=markup)


def _flat(source: str, *, markup: bool) -> Iterator[str | Field]:
    literal = True
    for piece in _FIELD.split(source):
        yield piece if literal else _field(piece, markup=markup)
        literal = not literal


def _field(inner: str, *, markup: bool) -> Field:
    key, _, fallback = (html_text.unescape(inner) if markup else inner).partition("|")
    return Field(key.strip(), one_line(fallback))


def pieces_of(content: MailingContent) -> list[Piece]:
    """Everything in the three places, in order of appearance."""
    return [
        *split(content.subject),
        *split(content.html, markup=True),
        *split(content.text),
    ]


def fields_of(pieces: Iterable[Piece]) -> list[Field]:
    """Every field, also those inside of choices, in order."""
    found: list[Field] = []
    for piece in pieces:
        inner = (*piece.then, *piece.otherwise) if isinstance(piece, Choice) else (piece,)
        found += [one for one in inner if isinstance(one, Field)]
    return found


def missing_fallbacks(content: MailingContent) -> list[str]:
    """Keys that would leave a gap for a contact without the value, for the editor's warning."""
    gaps: list[str] = []
    for piece in pieces_of(content):
        there = {piece.key} if isinstance(piece, Choice) else set()
        then = fields_of(piece.then) if isinstance(piece, Choice) else fields_of([piece])
        otherwise = fields_of(piece.otherwise) if isinstance(piece, Choice) else []
        wanting = [f.key for f in then if f.key not in there], [f.key for f in otherwise]
        bare = {f.key for f in (*then, *otherwise) if not f.fallback} - ALWAYS_THERE
        gaps += [key for keys in wanting for key in keys if key in bare]
    return list(dict.fromkeys(gaps))


def problems(content: MailingContent, custom_keys: Iterable[str] = ()) -> list[str]:
    """What the editor must mend before this content may go out, as sentences."""
    known = KNOWN | set(custom_keys)
    pieces = pieces_of(content)
    asked = {piece.key for piece in pieces if isinstance(piece, Choice)}
    keys = {field.key for field in fields_of(pieces)}
    odd = {key for key in keys if key.startswith(("#", "/")) or key == "else"}
    found = [f"There is no merge field “{key}”." for key in sorted((keys | asked) - known - odd)]
    found += _condition_problems(content, odd, asked)
    if any(field.key in RESERVED for field in fields_of(split(content.subject))):
        found.append("A link cannot stand in the subject.")
    if any(_personal(link) for link in _HREF.findall(content.html)):
        found.append("A merge field cannot stand inside a link: links carry no personal data.")
    return found


def _condition_problems(content: MailingContent, odd: set[str], asked: set[str]) -> list[str]:
    found = []
    if odd:
        found.append(
            "A condition reads {{#if key}} … {{else}} … {{/if}} and holds no other condition; "
            f"“{{{{{min(odd)}}}}}” stands alone."
        )
    if asked & RESERVED:
        found.append("A condition asks for what a contact has; links are always there.")
    if _INSIDE_A_TAG.search(content.html) or not all(map(_is_whole, _branches(content.html))):
        found.append("A condition must begin and end inside of the same paragraph or block.")
    return found


def _branches(html: str) -> Iterator[str]:
    for found in CONDITION.finditer(html):
        yield from _ELSE.split(found[2], maxsplit=1)


def _is_whole(markup: str) -> bool:
    """Whether every tag that is opened is closed, and none else."""
    opened: list[str] = []
    for closes, name, closed in _TAG.findall(markup):
        tag = name.lower()
        if closes and (not opened or opened.pop() != tag):
            return False
        if not closes and not closed and tag not in _VOID:
            opened.append(tag)
    return not opened


def _personal(link: str) -> bool:
    pieces = list(split(link, markup=True))
    asks = any(isinstance(piece, Choice) for piece in pieces)
    return asks or any(field.key not in RESERVED for field in fields_of(pieces))


def one_line(value: str) -> str:
    """No CR, LF or other control characters: what a header or a line of text can hold."""
    return _NOT_ON_A_LINE.sub(" ", value).strip()


def values_for(address: str, merge: Mapping[str, Any] | None) -> dict[str, str]:
    """What each key stands for at one recipient; `merge`: {"name": …, "fields": {…}}."""
    merge = merge or {}
    values = {key: one_line(str(v)) for key, v in (merge.get("fields") or {}).items() if v}
    values["email"] = address
    values["name"] = name = one_line(merge.get("name") or "")
    values["first_name"] = name.split(" ", 1)[0]
    return values


def fill(field: Field, values: Mapping[str, str], place: Place) -> str:
    """The value for its place; without value and fallback, nothing."""
    value = values.get(field.key) or field.fallback
    return html_text.escape(value) if place == "html" else value


def merged(source: str, values: Mapping[str, str], place: Place) -> str:
    """The whole source for one recipient: previews, and what the splicer is measured by."""
    return joined(split(source, markup=place == "html"), values, place)


def joined(pieces: Iterable[Piece], values: Mapping[str, str], place: Place) -> str:
    """The same for a source that was split before."""
    return "".join(_merged(pieces, values, place))


def _merged(pieces: Iterable[Piece], values: Mapping[str, str], place: Place) -> Iterator[str]:
    for piece in pieces:
        if isinstance(piece, Choice):
            yield from _merged(piece.branch(values), values, place)
        else:
            yield piece if isinstance(piece, str) else fill(piece, values, place)
