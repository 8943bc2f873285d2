"""A mail that may be a report, taken apart as one: head, words, fields, what it is about."""

from collections.abc import Callable
from typing import NamedTuple

from mail.reading import original as originals
from mail.reading.addresses import addresses_in_header, parted
from mail.reading.headers import Headers
from mail.reading.parts import ENCLOSED, Mail, as_plain
from mail.reading.reports import looks_like_fields, notices

DELIVERY_STATUS = ("message/delivery-status", "message/global-delivery-status")
RECEIPT = "message/disposition-notification"
_LONGEST_LINE, _LONGEST_NOTICE = 1_000, 200_000  # characters


class Case(NamedTuple):
    """A report taken apart: its head, its words, the fields in it, the mail it is about."""

    head: Headers
    notice: str
    fields: str
    original: Headers
    depth: int
    refuser: str = ""  # who answered with a receipt (RFC 5429): also to refuse the mail


def cases_in(mail: Mail) -> list[Case]:
    """The mail itself; then, were it forwarded, the mail in it."""
    cases = [_case(mail, mail.head, 0)]
    inner = next((part for part in mail.parts if part.kind in ENCLOSED and part.depth == 1), None)
    if inner is not None and inner.head is not None:
        cases.append(_case(mail, inner.head, 1))
    return cases


def _case(mail: Mail, head: Headers, depth: int) -> Case:
    own = [part for part in mail.parts if part.depth == depth]
    texts = [part.text for part in own if part.kind.startswith("text/plain") and part.text.strip()]
    texts = texts or [part.text for part in own if part.kind.startswith("text/")]
    texts = [as_plain(text) if _is_bare_html(text) else text for text in texts]
    notice, copy = originals.without_copy(_bounded("\n".join(texts)))
    fields = "\n\n".join(part.text for part in own if part.kind in DELIVERY_STATUS)
    if not fields and looks_like_fields(notice + copy):
        fields = notice + copy
    receipt = "\n".join(part.text for part in own if part.kind == RECEIPT)
    refuser = next((one.address for one in notices(receipt)), "")
    original = originals.headers_of_original(mail, depth, copy)
    return Case(head, notice, fields, original, depth, refuser)


def _bounded(text: str) -> str:
    """Nobody explains anything in a line of a thousand characters."""
    text = "\n".join(line[:_LONGEST_LINE] for line in text[:_LONGEST_NOTICE].split("\n"))
    return parted(text)


def _is_bare_html(text: str) -> bool:
    return text.lstrip()[:15].lower().startswith(("<html", "<!doctype html"))


def strangers_to(case: Case) -> Callable[[str], bool]:
    """Who wrote the original, and to whom the report came: no report is about them."""
    reported_to = {one.lower() for one in addresses_in_header(case.head.get("to"))}
    senders = originals.senders_of(case.original) | reported_to
    senders |= originals.senders_of(case.head)
    meant = {one.lower() for one in originals.recipients_of(case.original)}
    meant.add(case.refuser.lower())
    return lambda address: address.lower() in senders - meant
