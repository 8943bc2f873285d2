"""What a mail says in text or HTML: its parts found and decoded, whatever their bytes are."""

import codecs
import copy
import re
from collections.abc import Iterator
from email.errors import MessageError
from email.header import Header, decode_header, make_header
from email.message import Message
from email.policy import compat32
from typing import Any, NamedTuple

MOST = (
    256 * 1024
)  # characters of a part that are looked at: a reply stands in front of what it quotes
_DEEPEST, _MOST_PARTS = 8, 50
_SAME_AS = {  # what mail programs call it, and the superset that reads it
    "us-ascii": "utf-8",
    "ascii": "utf-8",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-6-i": "iso-8859-6",
    "unicode-1-1-utf-7": "utf-7",
}
_NO_TEXT = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
_BROKEN = (MessageError, LookupError, ValueError, AttributeError, TypeError, AssertionError)


class Text(NamedTuple):
    """One part that shows. flowed: lines wrapped as in RFC 3676, with DelSp or without."""

    content: str
    is_html: bool
    flowed: bool = False
    delsp: bool = False


def forgiving(message: Message) -> Message:
    """The same mail, read with the old policy: it answers on headers where the new one raises."""
    seen = copy.copy(message)
    seen.policy = compat32
    return seen


def header(message: Message, name: str) -> str:
    """The first header of this name, decoded as far as it goes, in one line; "" when missing."""
    try:
        value = forgiving(message).get(name, "")
        text = str(value) if isinstance(value, Header) else _decoded(str(value))
    except _BROKEN:
        return ""
    return " ".join(text[:2000].split())


_DELSP = re.compile(r'delsp="?yes')


def _decoded(value: str) -> str:
    if "=?" not in value:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(make_header(decode_header(value[:4000])))
    except _BROKEN:
        return value.encode("utf-8", "replace").decode("utf-8", "replace")


def texts(message: Message) -> list[Text]:
    """The plain parts that show; where there are none with words in them, the HTML parts."""
    found = [_text(part) for part in _shown(forgiving(message), _DEEPEST)][:_MOST_PARTS]
    plain = [text for text in found if not text.is_html and text.content.strip()]
    return plain or [text for text in found if text.is_html and text.content.strip()]


def _shown(part: Message, depth: int) -> Iterator[Message]:
    payload: Any = part.get_payload()
    main = part.get_content_maintype()
    if main == "multipart" and isinstance(payload, list):
        for inner in payload[:_MOST_PARTS] if depth else []:
            yield from _shown(forgiving(inner), depth - 1)
    elif isinstance(payload, str) and main in {"text", "multipart"} and not _is_attached(part):
        yield part


def _is_attached(part: Message) -> bool:
    kind = header(part, "Content-Disposition").lower()
    has_name = "name=" in kind or "name=" in header(part, "Content-Type").lower()
    plain = part.get_content_type() in {"text/plain", "text/html", "multipart/mixed"}
    return kind.startswith("attachment") or has_name or not plain


def _text(part: Message) -> Text:
    declared = header(part, "Content-Type").lower()
    return Text(
        _characters(part)[:MOST],
        is_html=part.get_content_subtype() == "html",
        flowed="flowed" in declared,
        delsp=bool(_DELSP.search(declared)),
    )


def _characters(part: Message) -> str:
    try:
        payload: Any = part.get_payload(decode=True)
    except _BROKEN:
        payload = str(part.get_payload()).encode("utf-8", "surrogateescape")
    raw = (payload or b"")[: 4 * MOST]
    try:
        charset = str(part.get_content_charset() or "utf-8")
    except _BROKEN:
        charset = "utf-8"
    return _as_text(raw, charset)


def _as_text(raw: bytes, charset: str) -> str:
    named = _SAME_AS.get(charset.lower(), charset.lower())
    for attempt in (named, "utf-8"):
        try:
            if codecs.lookup(attempt).name.replace("_", "-") not in _NO_TEXT:
                return raw.decode(attempt)
        except (LookupError, ValueError, AssertionError):
            continue
    try:
        return raw.decode(named if named != "utf-8" else "cp1252", "replace")
    except (LookupError, ValueError, AssertionError):
        return raw.decode("cp1252", "replace")
