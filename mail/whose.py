"""Whose copy a mail is about, when the address it came to does not say so.

What is signed proves it. A Message-ID or Feedback-ID is known to every reader of a mailing, so
either counts only together with the address that it went to, and such a report never suppresses
at once (docs/mail.md).
"""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses
from typing import NamedTuple

from django.conf import settings

from comm100.core.addresses import address_hash, normalise_email
from mail.keeping import KINDS
from mail.links import MailPurpose, OurAddress, addresses_in
from mail.models import InboundMail, Outbox
from mail.reading import Reading
from mail.statements import as_post

RECEIVED_FOR = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "to", "cc")
_MESSAGE_ID = re.compile(r"c(\d{1,18})\.r(\d{1,18})(?:\.[^@\s]*)?@([a-z0-9.-]+)", re.IGNORECASE)
_FEEDBACK_ID = re.compile(r"^c(\d{1,18}):s(\d{1,18}):")


class About(NamedTuple):
    """The row that a mail is about. is_proven: it names it with a signature of ours."""

    row: Outbox
    kind: int
    is_proven: bool = True


class Found(NamedTuple):
    site_id: int
    row_id: int
    kind: int


def find_row(raw: bytes, reading: Reading) -> Found | None:
    """The outbox row, of any site, that this mail is about."""
    for ours in _signed(raw, reading):
        rows = as_post("whom", row_id=ours.row_id)
        if rows:
            return Found(rows[0][0], ours.row_id, KINDS[ours.purpose])
    for sql, values in _told(raw, reading):
        rows = as_post(sql, **values)
        if rows:
            site_id, row_id = rows[0]
            return Found(site_id, row_id, InboundMail.Kind.UNADDRESSED)
    return None


def _signed(raw: bytes, reading: Reading) -> Iterator[OurAddress]:
    """Where it was delivered to says what it is for; elsewhere it is only spoken of."""
    head = _head(raw)
    for name in RECEIVED_FOR:
        yield from addresses_in("\n".join(map(str, head.get_all(name, []))).encode())
    told = b"\n".join(value.encode() for _, value in reading.original.headers)
    purpose: MailPurpose = (
        "bounce" if reading.kind in {"bounce", "complaint", "auto_reply"} else "reply"
    )
    for ours in addresses_in(raw) + addresses_in(told):
        yield OurAddress(purpose, ours.row_id)


def _told(raw: bytes, reading: Reading) -> Iterator[tuple[str, dict[str, object]]]:
    """What names a copy without a signature, each with the addresses it may have gone to."""
    head = _head(raw)
    hashes = [address_hash(normalise_email(a)) for a in _addresses(head, reading) if "@" in a]
    ids = [reading.original.message_id]
    if reading.kind not in {"bounce", "complaint"}:
        ids += [str(head.get(name, "")) for name in ("in-reply-to", "references")]
    for _, row_id, host in _MESSAGE_ID.findall(" ".join(ids)):
        if host.lower() == settings.MAIL_HOST.lower():
            yield "whom_by_row", {"row_id": int(row_id), "hashes": hashes}
    feedback = _FEEDBACK_ID.match(reading.original.feedback_id.strip())
    if feedback:
        site_id, mailing_id = int(feedback[2]), int(feedback[1])
        values = {"site_id": site_id, "mailing_id": mailing_id, "hashes": hashes}
        yield "whom_by_mailing", values


def _addresses(head: Message, reading: Reading) -> list[str]:
    """Who got the copy: the recipients of a report, the sender of a reply."""
    if reading.kind in {"bounce", "complaint"}:
        return [*(one.address for one in reading.recipients), reading.original.to]
    return [address for _, address in getaddresses([str(head.get("from", ""))])]


def _head(raw: bytes) -> Message:
    return message_from_bytes(raw[: 2**16], policy=policy.compat32)
