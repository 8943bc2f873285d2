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
from typing import Any, Literal, NamedTuple

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
from mail.merge import Choice, Field, Piece, Place, fill, joined, one_line, split, values_for
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
    place: Place | Literal["header"]  # "header": as it is
    field: Field


@dataclass(frozen=True)
class Fork:
    """A choice, both branches encoded."""

    key: str
    then: tuple[bytes | Slot, ...]
    otherwise: tuple[bytes | Slot, ...]


Hole = Slot | Fork
Pieces = list[bytes | Hole]
Maker = Callable[[Mapping[str, str]], bytes]
_NAMES = {"to", "message_id", "date", "subject", "leave", "reply"}


class Template:
    """Octets with holes; each hole knows its number among all holes of the mailing."""

    def __init__(self, pieces: Sequence[bytes | Hole], numbers: Mapping[Hole, int]) -> None:
        self._pieces = [piece if isinstance(piece, bytes) else b"" for piece in pieces]
        self._holes = [
            (at, numbers[piece]) for at, piece in enumerate(pieces) if not isinstance(piece, bytes)
        ]

    def filled(self, made: Sequence[bytes]) -> bytes:
        pieces = self._pieces.copy()
        for at, number in self._holes:
            pieces[at] = made[number]
        return b"".join(pieces)


class Choose(NamedTuple):
    """A fork: the branch by whether there is a value for `key`."""

    key: str
    then: Template
    otherwise: Template


@dataclass(frozen=True)
class Compiled:
    """A mailing ready to be spliced. `outline`: the headers once more, as DKIM signs them."""

    origin: Origin
    domain: str  # of From
    subject: tuple[Piece, ...]
    head: Template
    body: Template  # canonical for DKIM as it is, and no line begins with a dot (mail/encoding.py)
    outline: Template
    signed_names: bytes  # h=
    slots: tuple[Maker, ...]  # what stands in the holes, in the order of their numbers,
    forks: tuple[Choose, ...]  # slots first
    subject_at: int | None  # the number of its hole
    keys: frozenset[str]

    def splice(self, copy: Copy, signers: Sequence[Signer] = ()) -> bytes:
        """The whole message for one recipient, lines ended by CRLF, none beginning with a dot."""
        values = self._values(copy)
        made = [make(values) for make in self.slots]
        for fork in self.forks:
            branch = fork.then if values.get(fork.key) else fork.otherwise
            made.append(branch.filled(made))
        head, body = self.head.filled(made), self.body.filled(made)
        if not signers:
            return head + body
        if self.subject_at is not None:  # the only one that may hold white space
            made[self.subject_at] = relaxed_value(made[self.subject_at])
        canonical = self.outline.filled(made)
        signatures = sign_all(signers, self.signed_names, canonical, body_hash(body))
        return b"".join((signatures, head, body))

    def _values(self, copy: Copy) -> dict[str, str]:
        values = values_for(copy.address, copy.merge)
        site_id, slug, mailing_id = self.origin
        keys = self.keys
        if "=subject" in keys:
            values["=subject"] = header_text(joined(self.subject, values, "subject")).decode()
        values["unsubscribe_url"] = unsubscribe_url(site_id, copy.contact_id, mailing_id)
        if "preferences_url" in keys:
            values["preferences_url"] = preferences_url(slug, site_id, copy.contact_id, mailing_id)
        values["=to"] = wire_address(copy.address)
        values["=message_id"] = copy.message_id
        values["=date"] = _date(int(time.time()))
        if "=leave" in keys:
            values["=leave"] = leave_address(copy.row_id)
        if "=reply" in keys:
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
    return _with_templates(content, origin, tuple(split(subject)), head, body)


def _with_templates(
    content: MailingContent,
    origin: Origin,
    subject: tuple[Piece, ...],
    head: Sequence[bytes | Hole],
    body: Sequence[bytes | Hole],
) -> Compiled:
    slots, forks = _holes_of([*head, *body])
    holes: list[Hole] = [*slots, *forks]
    numbers = {hole: at for at, hole in enumerate(holes)}
    outline: Outline[Hole] = outline_of(head)
    choices = [
        (one.key, Template(one.then, numbers), Template(one.otherwise, numbers)) for one in forks
    ]
    return Compiled(
        origin,
        content.sender_email.rpartition("@")[2],
        subject,
        Template(head, numbers),
        Template(body, numbers),
        Template(outline.pieces, numbers),
        outline.names,
        tuple(map(_maker, slots)),
        tuple(Choose(*choice) for choice in choices),
        numbers.get(_header("subject")),
        frozenset(slot.field.key for slot in slots),
    )


def _holes_of(pieces: Sequence[bytes | Hole]) -> tuple[list[Slot], list[Fork]]:
    """Each once: every slot, also of branches, and every fork."""
    forks = [piece for piece in pieces if isinstance(piece, Fork)]
    branches = [piece for fork in forks for piece in (*fork.then, *fork.otherwise)]
    slots = [piece for piece in (*pieces, *branches) if isinstance(piece, Slot)]
    return list(dict.fromkeys(slots)), list(dict.fromkeys(forks))


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
    name = one_line(name)
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


def _maker(slot: Slot) -> Maker:
    """What stands in a slot by the values of a copy."""
    key, place = slot.field.key, slot.place
    if place == "header":
        return lambda values: values[key].encode()

    def make(values: Mapping[str, str]) -> bytes:
        value = fill(slot.field, values, place)
        return quoted_line(value) + SOFT_BREAK if value else b""

    return make


@lru_cache(maxsize=2)
def _date(second: int) -> str:
    return formatdate(second)
