"""A mail of anybody's as plain text for people to read: nothing in it can act."""

import re
from email import message_from_bytes, policy
from email.message import Message
from html import unescape
from typing import NamedTuple

from mail.merge import one_line
from mail.reading.addresses import addresses_in_header
from mail.reading.bodies import header, texts

LONGEST = 100_000  # characters kept or shown
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_UNSEEN = re.compile(
    r"<!--.{0,20000}?-->|<(style|script|head|title)\b.{0,50000}?</\1\s*>", re.DOTALL | re.IGNORECASE
)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|/blockquote)\b[^>]{0,500}>", re.IGNORECASE)
_TAGS = re.compile(r"<[^<>]{0,2000}>")
_AIR = re.compile(r"\n\s*\n\s*\n+")


class Shown(NamedTuple):
    """What a page or a forwarded copy shows of a mail."""

    sender: str
    sender_name: str
    subject: str
    message_id: str
    text: str
    attachments: list[str]
    is_from_us: bool  # a copy that we forwarded, come back


def shown(raw: bytes, *, mark: str = "") -> Shown:
    """The mail's facts; `mark` names the header of copies that we forwarded."""
    message = message_from_bytes(raw, policy=policy.compat32)
    senders = addresses_in_header(header(message, "From"))
    name = header(message, "From").partition("<")[0].strip(' "\t')
    return Shown(
        sender=one_line(senders[0] if senders else "")[:320],
        sender_name="" if "@" in name else one_line(name)[:200],
        subject=one_line(header(message, "Subject"))[:300],
        message_id=one_line(header(message, "Message-ID"))[:500],
        text=_whole_text(message),
        attachments=_attachments(message),
        is_from_us=bool(mark and message.get(mark)),
    )


def readable(raw: bytes) -> str:
    """The bytes as they stand, without what a page or a terminal could act upon."""
    return clean(raw[:LONGEST].decode("utf-8", "replace"))


def clean(text: str) -> str:
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:LONGEST]


def _whole_text(message: Message) -> str:
    parts = [_from_html(one.content) if one.is_html else one.content for one in texts(message)]
    return clean("\n\n".join(part.strip() for part in parts))


def _from_html(html: str) -> str:
    words = _TAGS.sub("", _BREAKS.sub("\n", _UNSEEN.sub("", html[: 4 * LONGEST])))
    return _AIR.sub("\n\n", unescape(words)).strip()


def _attachments(message: Message) -> list[str]:
    names = []
    for part in message.walk():
        name = part.get_filename() if not part.is_multipart() else None
        if name:
            names.append(one_line(clean(str(name)))[:120])
    return names[:20]
