"""Compile a mailing once; splice its variables in for each recipient.

The MIME structure, the headers and the quoted-printable text are the same for everybody: they
are made once. What differs was cut out, each slot on encoded lines of its own between soft line
breaks, so that a copy is one `join` (docs/mail.md has the measure).
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from hashlib import sha256
from typing import Any, NamedTuple

from django.conf import settings

from mail.content import MailingContent, canonical, with_footer
from mail.encoding import (
    SOFT_BREAK,
    header_text,
    named_address,
    quoted_line,
    quoted_phrase,
    quoted_printable,
    wire_address,
)
from mail.links import leave_address, preferences_url, reply_address, unsubscribe_url
from mail.merge import Choice, Field, Place, fill, merged, split, values_for
from mail.signing import Outline, Signer, body_hash, outline_of, relaxed_value, sign_all
from mail.tracking import tracked


class Origin(NamedTuple):
    """Where a mailing comes from."""

    site_id: int
    slug: str
    mailing_id: int


class Copy(NamedTuple):
    """What differs: one recipient. `contact_id` 0 makes links that lead to nobody (samples)."""

    row_id: int
    contact_id: int
    address: str
    merge: Mapping[str, Any] | None
    message_id: str


class Slot(NamedTuple):
    place: Place | str  # "header": as it is
    field: Field


@dataclass(frozen=True)
class Fork:
    """A choice, both branches encoded."""

    key: str
    then: tuple[bytes | Slot, ...]
    otherwise: tuple[bytes | Slot, ...]

    def branch(self, values: Mapping[str, str]) -> tuple[bytes | Slot, ...]:
        return self.then if values.get(self.key) else self.otherwise


Hole = Slot | Fork
Pieces = list[bytes | Hole]
_NAMES = {"to", "message_id", "date", "subject", "leave", "reply"}


@dataclass(frozen=True)
class Compiled:
    """A mailing ready to be spliced. `outline`: the headers once more, as DKIM signs them."""

    origin: Origin
    domain: str  # of From
    subject: str
    head: tuple[bytes | Hole, ...]
    body: tuple[bytes | Hole, ...]  # canonical for DKIM as it is (mail/encoding.py)
    outline: Outline[Hole]
    slots: frozenset[Slot]
    forks: frozenset[Fork]
    keys: frozenset[str]

    def splice(self, copy: Copy, signers: Sequence[Signer] = ()) -> bytes:
        """The whole message for one recipient, lines ended by CRLF, not dot-stuffed."""
        values = self._values(copy)
        made: dict[Hole, bytes] = {
            slot: _MAKERS[slot.place](slot.field, values) for slot in self.slots
        }
        for fork in self.forks:
            made[fork] = _filled(fork.branch(values), made)
        head, body = _filled(self.head, made), _filled(self.body, made)
        if not signers:
            return head + body
        flat = {slot: relaxed_value(made[slot]) for slot in self.slots if slot[0] == "header"}
        canonical = _filled(self.outline.pieces, flat)
        return sign_all(signers, self.outline.names, canonical, body_hash(body)) + head + body

    def _values(self, copy: Copy) -> dict[str, str]:
        values = values_for(copy.address, copy.merge)
        site_id, slug, mailing_id = self.origin
        if "=subject" in self.keys:
            values["=subject"] = header_text(merged(self.subject, values, "subject")).decode()
        values["unsubscribe_url"] = unsubscribe_url(site_id, copy.contact_id, mailing_id)
        if "preferences_url" in self.keys:
            values["preferences_url"] = preferences_url(slug, site_id, copy.contact_id, mailing_id)
        values["=to"] = wire_address(copy.address)
        values["=message_id"] = copy.message_id
        values["=date"] = _date(int(time.time()))
        if "=leave" in self.keys:
            values["=leave"] = leave_address(copy.row_id)
        if "=reply" in self.keys:
            values["=reply"] = reply_address(copy.row_id)
        return values


def compile_mailing(content: MailingContent, origin: Origin) -> Compiled:
    return _compiled(content, origin, _bulk_headers(content, origin))


def compile_sample(content: MailingContent, origin: Origin) -> Compiled:
    """The same mail for somebody of the site to look at: no list headers, "[Test]" in front."""
    own = [*_reply_to(content, here=False), b"Auto-Submitted: auto-generated\r\n"]
    return _compiled(content, origin, own, mark="[Test] ")


def _compiled(
    content: MailingContent, origin: Origin, more_headers: Pieces, *, mark: str = ""
) -> Compiled:
    subject = mark + content.subject
    html, text = with_footer(content.html, content.text)
    if origin.mailing_id:  # a sample counts nothing
        html = tracked(html, content, origin.site_id, origin.mailing_id)
    boundary = b"=_" + sha256(canonical(content)).hexdigest()[:24].encode()  # "=_" is never QP
    head = _joined(
        [
            *_headers(content, subject),
            *more_headers,
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="%s"\r\n\r\n'
            % boundary,
        ]
    )
    body = _joined(
        [
            *_part(boundary, b"plain", _encoded(text, "text")),
            *_part(boundary, b"html", _encoded(html, "html")),
            b"--%s--\r\n" % boundary,
        ]
    )
    forks = frozenset(piece for piece in body if isinstance(piece, Fork))
    branches = [piece for fork in forks for piece in (*fork.then, *fork.otherwise)]
    slots = frozenset(piece for piece in (*head, *body, *branches) if isinstance(piece, Slot))
    keys = frozenset(slot.field.key for slot in slots)
    domain = content.sender_email.rpartition("@")[2]
    return Compiled(origin, domain, subject, head, body, outline_of(head), slots, forks, keys)


def _filled(pieces: Sequence[bytes | Hole], made: Mapping[Any, bytes]) -> bytes:
    return b"".join([p if p.__class__ is bytes else made[p] for p in pieces])


def _headers(content: MailingContent, subject: str) -> Pieces:
    dynamic = any(not isinstance(piece, str) for piece in split(subject))
    return [
        b"From: " + named_address(content.sender_name, content.sender_email),
        b"\r\nTo: ",
        _header("to"),
        b"\r\nSubject: ",
        _header("subject") if dynamic else header_text(subject),
        b"\r\nDate: ",
        _header("date"),
        b"\r\nMessage-ID: ",
        _header("message_id"),
        b"\r\n",
    ]


def _bulk_headers(content: MailingContent, origin: Origin) -> Pieces:
    """RFC 2919, 2369, 8058; Feedback-ID as the large receivers read it."""
    host = settings.MAIL_HOST.encode()
    return [
        *_reply_to(content, here=settings.REPLIES_HERE),
        b"List-Id: %s <news.s%d.%s>\r\n" % (_phrase(content.list_name), origin.site_id, host),
        b"List-Unsubscribe: <",
        _header("unsubscribe_url"),
        b">,\r\n <mailto:",
        _header("leave"),
        b"?subject=unsubscribe>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
        b"Feedback-ID: c%d:s%d:news:%s\r\n" % (origin.mailing_id, origin.site_id, host),
        b"Precedence: bulk\r\nX-Auto-Response-Suppress: OOF, AutoReply\r\n",
    ]


def _reply_to(content: MailingContent, *, here: bool) -> Pieces:
    """Answers come to us, so that a wish to leave is obeyed (P7.3), and go on to the site's own
    address; or straight there (docs/decisions/0012-replies.md)."""
    if here:
        return [b"Reply-To: %s <" % _phrase(content.sender_name), _header("reply"), b">\r\n"]
    own = wire_address(content.reply_to).encode() if content.reply_to else b""
    return [b"Reply-To: %s\r\n" % own] if own else []


def _phrase(name: str) -> bytes:
    return quoted_phrase(name) if name.isascii() else header_text(name)


def _header(name: str) -> Slot:
    return Slot("header", Field(f"={name}" if name in _NAMES else name))


def _part(boundary: bytes, subtype: bytes, body: Pieces) -> Pieces:
    head = (
        b"--%s\r\nContent-Type: text/%s; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    )
    return [head % (boundary, subtype), *body, b"\r\n"]


def _encoded(source: str, place: Place) -> Pieces:
    """The text with its fields cut out; a slot starts a line and ends its own lines."""
    pieces: Pieces = []
    for piece in split(source, markup=place == "html"):
        if isinstance(piece, Choice):
            then, otherwise = (
                tuple(_cut(one, place) for one in branch)
                for branch in (piece.then, piece.otherwise)
            )
            pieces.append(Fork(piece.key, then, otherwise))
        else:
            pieces.append(_cut(piece, place))
    if pieces and isinstance(pieces[-1], bytes):
        pieces[-1] = pieces[-1].removesuffix(SOFT_BREAK)
    return pieces


def _cut(piece: str | Field, place: Place) -> bytes | Slot:
    if isinstance(piece, Field):
        return Slot(place, piece)
    encoded = quoted_printable(piece)
    if encoded and not encoded.endswith(b"\r\n"):
        encoded += SOFT_BREAK
    return encoded


def _joined(pieces: Pieces) -> tuple[bytes | Hole, ...]:
    return tuple(_runs(pieces))


def _runs(pieces: Pieces) -> Iterator[bytes | Hole]:
    run = b""
    for piece in pieces:
        if isinstance(piece, bytes):
            run += piece
            continue
        yield run
        yield piece
        run = b""
    yield run


def _body_slot(place: Place) -> Callable[[Field, Mapping[str, str]], bytes]:
    def make(field: Field, values: Mapping[str, str]) -> bytes:
        value = fill(field, values, place)
        return quoted_line(value) + SOFT_BREAK if value else b""

    return make


_MAKERS: dict[str, Callable[[Field, Mapping[str, str]], bytes]] = {
    "html": _body_slot("html"),
    "text": _body_slot("text"),
    "header": lambda field, values: values[field.key].encode(),
}


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second)
