"""Takes a mail apart, however broken: wrong boundaries, missing blank lines, cut anywhere.

Ours and not the standard library's: that one does not decode reports in base64, gives up on
boundaries that are missing, recurses as deep as the mail does, and costs ten times as much.
"""

import binascii
import quopri
import re
from html import unescape
from itertools import islice
from typing import NamedTuple

from mail.reading.headers import Headers, content_type, split_headers, to_text

READ = 1_000_000  # bytes of a mail that are looked at: what a report says stands at its head
_DEEPEST = 8
_MOST_PARTS = 60
_PREAMBLE = 300  # characters before the first part: more than this are words, not marked as one
REPORTS = frozenset(
    {"message/delivery-status", "message/global-delivery-status", "message/feedback-report"}
)
ENCLOSED = frozenset({"message/rfc822", "message/global", "message/news"})
HEADERS_ONLY = frozenset(
    {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"}
)


class Part(NamedTuple):
    """A leaf. depth: how many mails it lies in; `head` is set where a mail begins."""

    kind: str
    text: str
    depth: int
    head: Headers | None = None


class Mail(NamedTuple):
    head: Headers
    parts: tuple[Part, ...]

    def of(self, *kinds: str) -> list[Part]:
        return [part for part in self.parts if part.kind in kinds]


def take_apart(raw: bytes) -> Mail:
    data = raw[:READ].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    # latin-1 keeps every byte as one character, so the text can become those bytes again
    head, body = split_headers(data.decode("latin-1"))
    parts: list[Part] = []
    _flatten(head, body, 0, 0, parts)
    return Mail(_readable(head), tuple(parts))


def _readable(head: Headers) -> Headers:
    """Bytes above ASCII in a header are UTF-8 these days."""
    return Headers(
        [
            (name, value if value.isascii() else to_text(value.encode("latin-1"), ""))
            for name, value in head
        ]
    )


def _flatten(head: Headers, body: str, depth: int, level: int, parts: list[Part]) -> None:
    if len(parts) >= _MOST_PARTS or level > _DEEPEST:
        return
    kind, given = content_type(head)
    if kind.startswith("multipart/") or (level == 0 and "content-type" not in head):
        pieces = _pieces(body, given.get("boundary", ""), kind)
        if pieces:
            for piece in pieces:
                inner, text = _split_piece(piece)
                _flatten(inner, text, depth, level + 1, parts)
            return
        kind = "text/plain" if kind.startswith("multipart/") else kind
    _leaf(kind, head, body, (depth, level, given.get("charset", "")), parts)


def _leaf(
    kind: str, head: Headers, body: str, where: tuple[int, int, str], parts: list[Part]
) -> None:
    depth, level, charset = where
    if kind in ENCLOSED or (kind in HEADERS_ONLY):
        data = _undone(head, body).decode("latin-1")
        inner, text = split_headers(data)
        parts.append(Part(kind, "", depth + 1, _readable(inner)))
        if kind in ENCLOSED:
            _flatten(inner, text, depth + 1, level + 1, parts)
    elif kind.startswith("application/octet") and "inal-recipient:" in body[:20_000].lower():
        parts.append(Part("message/delivery-status", body, depth))
    elif kind.startswith(("text/", "message/")) or kind == "application/json":
        text = to_text(_undone(head, body), charset)
        parts.append(Part(kind, as_plain(text) if kind == "text/html" else text, depth))


def _split_piece(piece: str) -> tuple[Headers, str]:
    """A part may have no header at all: then it starts with a blank line, or at once."""
    if piece.startswith("\n"):
        return Headers([]), piece
    head, body = split_headers(piece)
    if any(name.startswith("content-") for name, _ in head):
        return head, body
    return Headers([]), piece


def _pieces(body: str, boundary: str, kind: str) -> list[str]:
    line = _boundary_line(body, boundary)
    if line is None and kind.startswith("multipart/"):
        line = _guessed_boundary(body)
    elif line is None:
        line = _guessed_boundary(body[:2000])
    if line is None:
        return []
    cuts = [(m.start(), m.end()) for m in islice(line.finditer(body), _MOST_PARTS)]
    ends = [start for start, _ in cuts[1:]] + [len(body)]
    pieces = [body[end:stop].removesuffix("\n") for (_, end), stop in zip(cuts, ends, strict=True)]
    before = body[: cuts[0][0]]
    if len(before) > _PREAMBLE:
        pieces.insert(0, "\n" + before)
    return pieces


def _boundary_line(body: str, boundary: str) -> re.Pattern[str] | None:
    if not boundary.strip():
        return None
    line = re.compile(rf"^--{re.escape(boundary.strip())}(?:--)?[ \t]*(?:\n|\Z)", re.MULTILINE)
    return line if line.search(body) else None


_LIKELY = re.compile(r"^--(\S{3,100})[ \t]*\n(?=Content-[A-Za-z-]{1,30}:)", re.M | re.I)


def _guessed_boundary(body: str) -> re.Pattern[str] | None:
    found = _LIKELY.search(body)
    return _boundary_line(body, found[1]) if found else None


def _undone(head: Headers, body: str) -> bytes:
    """Without its transfer encoding."""
    data = body.encode("latin-1", "replace")
    match head.get("content-transfer-encoding").strip().lower():
        case "base64":
            return _from_base64(data)
        case "quoted-printable":
            return quopri.decodestring(data)
    return data


_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")


def _from_base64(data: bytes) -> bytes:
    letters = _NOT_BASE64.sub(b"", data)
    letters = letters[: len(letters) - len(letters) % 4 if len(letters) % 4 == 1 else None]
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return data


_HIDDEN = re.compile(r"<(style|script|head|title)\b.*?(?:</\1\s*>|\Z)", re.I | re.S)
_REMARK = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_NEWLINE = re.compile(r"[ \t]{0,99}\n[ \t]{0,99}")
_SET = re.compile(r"(<pre\b.*?(?:</pre\b|\Z))", re.IGNORECASE | re.DOTALL)
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/td|/th|/li|/h\d|p|tr|hr|table)\b[^<>]{0,500}>", re.I)
_TAG = re.compile(r"<[/!]?[a-zA-Z-][^<>@]{0,2000}>|<a\s[^<>]{0,2000}>", re.S)


def as_plain(html: str) -> str:
    text = _HIDDEN.sub(" ", _REMARK.sub("", html[:300_000]))
    text = "".join(
        piece if piece[:4].lower() == "<pre" else _NEWLINE.sub(" ", piece)
        for piece in _SET.split(text)
    )
    return unescape(_TAG.sub("", _BREAK.sub("\n", text))).replace("\xa0", " ")
