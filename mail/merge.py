"""Merge fields, `{{ key | fallback }}`: found, checked for the editor, and filled in safely.

A value is escaped for where it lands: HTML in the HTML part, one clean line in text and subject.
"""

import html as html_text
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mail.content import MailingContent

Place = Literal["html", "text", "subject"]
RESERVED = frozenset({"unsubscribe_url", "preferences_url"})
ALWAYS_THERE = frozenset({"email"}) | RESERVED
KNOWN = frozenset({"name", "first_name"}) | ALWAYS_THERE
_FIELD = re.compile(r"\{\{([^{}]*)\}\}")
_HREF = re.compile(r"""(?:href|src|action)\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>]*)""", re.IGNORECASE)
_KEY = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NOT_ON_A_LINE = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]+")


@dataclass(frozen=True)
class Field:
    key: str
    fallback: str = ""


def split(source: str, *, markup: bool = False) -> Iterator[str | Field]:
    """The source as literal pieces and fields, in order; `markup`: the source is HTML."""
    literal = True
    for piece in _FIELD.split(source):
        yield piece if literal else _field(piece, markup=markup)
        literal = not literal


def _field(inner: str, *, markup: bool) -> Field:
    key, _, fallback = (html_text.unescape(inner) if markup else inner).partition("|")
    return Field(key.strip(), one_line(fallback))


def fields_of(content: MailingContent) -> list[Field]:
    """Every field of the three places, in order of appearance."""
    pieces = [
        *split(content.subject),
        *split(content.html, markup=True),
        *split(content.text),
    ]
    return [piece for piece in pieces if isinstance(piece, Field)]


def missing_fallbacks(content: MailingContent) -> list[str]:
    """Keys that would leave a gap for a contact without the value, for the editor's warning."""
    gaps = (f.key for f in fields_of(content) if not f.fallback and f.key not in ALWAYS_THERE)
    return list(dict.fromkeys(gaps))


def problems(content: MailingContent, custom_keys: Iterable[str] = ()) -> list[str]:
    """What the editor must mend before this content may go out, as sentences."""
    known = KNOWN | set(custom_keys)
    unknown = {f.key for f in fields_of(content)} - known
    found = [f"There is no merge field “{key}”." for key in sorted(unknown)]
    if any(f.key in RESERVED for f in split(content.subject) if isinstance(f, Field)):
        found.append("A link cannot stand in the subject.")
    if any(_personal(link) for link in _HREF.findall(content.html)):
        found.append("A merge field cannot stand inside a link: links carry no personal data.")
    return found


def _personal(link: str) -> bool:
    inside = (piece for piece in split(link, markup=True) if isinstance(piece, Field))
    return any(field.key not in RESERVED for field in inside)


def one_line(value: str) -> str:
    """No CR, LF or other control characters: what a header or a line of text can hold."""
    return _NOT_ON_A_LINE.sub(" ", value).strip()


def values_for(address: str, merge: Mapping[str, Any] | None) -> dict[str, str]:
    """What each key stands for at one recipient; `merge` is `Outbox.merge`."""
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
    """The whole source for one recipient: previews; sending uses mail/splice.py."""
    pieces = split(source, markup=place == "html")
    return "".join(p if isinstance(p, str) else fill(p, values, place) for p in pieces)
