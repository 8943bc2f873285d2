"""The mail that a report is about: enclosed, quoted as text, or only its headers."""

import re

from mail.reading.addresses import addresses_in_header
from mail.reading.headers import Headers, decoded, split_headers
from mail.reading.parts import ENCLOSED, HEADERS_ONLY, Mail
from mail.reading.result import Original
from mail.reading.wording import pattern

_NO_COPY = r"(?! (?:details|was (?:received|sent)))"
_MARKER = re.compile(
    r"^[ \t>|]{0,30}[-=*_+~#]{0,90}[ \t]{0,9}"
    rf"{_NO_COPY}(?:{pattern('copies', 'copy').pattern}){_NO_COPY}"
    r"|^(?:Return-Path: ?<|Received: (?:from|by|\(qmail)|X-MS-Exchange-Organization)",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST = 30  # characters of a notice before the copy
_SHOWN = re.compile(r"^[ \t>|]{0,8}([A-Z][A-Za-z-]{1,40}):[ \t]+(\S.*)$", re.MULTILINE)
_KEPT = re.compile(r"x-|list-|feedback-id|in-reply-to|references|auto-submitted|return-path")


def without_copy(text: str) -> tuple[str, str]:
    """The notice, and the copy of the original mail that stands below it."""
    for found in _MARKER.finditer(text):
        if found.start() >= _LEAST and text[: found.start()].strip():
            return text[: found.start()], text[found.start() :]
    return text, ""


def headers_of_original(mail: Mail, depth: int, copy: str) -> Headers:
    """Of the mail enclosed in the one at `depth`, or of the copy in its text."""
    for part in mail.parts:
        enclosed = part.kind in ENCLOSED or part.kind in HEADERS_ONLY
        if enclosed and part.depth == depth + 1 and part.head is not None and len(part.head) > 1:
            return part.head
    return _quoted(copy)


def _quoted(copy: str) -> Headers:
    """A header below a marker, perhaps indented or quoted."""
    lines = copy.split("\n")[:400]
    start = next((i for i, line in enumerate(lines) if _SHOWN.match(line)), None)
    if start is None:
        return Headers([])
    indent = len(lines[start]) - len(lines[start].lstrip(" \t>|"))
    return split_headers("\n".join(_unindented(line, indent) for line in lines[start:]))[0]


def _unindented(line: str, indent: int) -> str:
    return line[indent:] if not line[:indent].strip(" \t>|") else line


def original_of(head: Headers, notice: str = "") -> Original:
    """What is needed to find the mail again."""
    shown = (
        head
        if len(head)
        else Headers([(name.lower(), value) for name, value in _SHOWN.findall(notice[:20_000])])
    )
    to = recipients_of(shown)
    return Original(
        message_id=_message_id(shown),
        feedback_id=shown.get("feedback-id"),
        subject=decoded(shown.get("subject")),
        to=to[0] if to else "",
        headers=tuple((name, value) for name, value in shown if _KEPT.match(name))[:80],
    )


_ID = re.compile(r"<[^<>\s]{1,300}>")


def _message_id(head: Headers) -> str:
    found = _ID.search(head.get("message-id"))
    return found[0] if found else head.get("message-id").strip()[:300]


def recipients_of(head: Headers) -> list[str]:
    """To whom a mail went, surest first."""
    names = ("x-failed-recipients", "x-original-to", "envelope-to", "to", "cc")
    return next((found for name in names if (found := addresses_in_header(head.get(name)))), [])


def senders_of(head: Headers) -> set[str]:
    names = ("from", "sender", "return-path", "reply-to", "x-postfix-sender", "errors-to")
    return {
        address.lower() for name in names for address in addresses_in_header(head.get(name))[:1]
    }
