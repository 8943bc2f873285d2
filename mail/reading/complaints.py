"""Complaints: "this is spam", told by a mailbox provider (ARF, RFC 5965, and older forms)."""

import re

from mail.reading.addresses import address_of_field, addresses_in_header, is_robot, unfolded_verp
from mail.reading.headers import Headers, content_type, split_headers
from mail.reading.original import headers_of_original, original_of, recipients_of, without_copy
from mail.reading.parts import ENCLOSED, HEADERS_ONLY, Mail, Part
from mail.reading.result import Kind, Reading, Recipient
from mail.reading.wording import pattern

_NO_COMPLAINT = {"not-spam": "undefined", "auth-failure": "auth_failure", "dkim": "auth_failure"}
_HOTMAILS = "x-hmxmroriginalrecipient"  # nothing but a complaint has it
_ENCLOSING_NAMES = (
    _HOTMAILS,
    "x-original-recipient",
    "x-rcpt-to",
    "x-envelope-to",
)
_FIELDS = re.compile(r"\s{0,20}Feedback-Type:[ \t]*[\w-]+[ \t]*\n[A-Za-z][\w-]{1,40}:", re.I)
_REDACTED = re.compile(
    r"^(?:redacted|\[redacted\]|undisclosed|x+|\*+|[0-9a-f]{32,64})@|^\W*$", re.I
)


def complaint_in(mail: Mail) -> Reading | None:
    report = _report(mail)
    if report is None and not _is_older_form(mail):
        return None
    fields, _ = split_headers(report.text.strip() if report else "")
    original = headers_of_original(mail, report.depth if report else 0, _copy(mail))
    about = fields.get("feedback-type").strip().lower()
    recipients = tuple(
        Recipient(address, "failed", "", "", _NO_COMPLAINT.get(about, "feedback"), False)
        for address in _recipients(fields, original)
    )
    kind: Kind = "auto_reply" if about in _NO_COMPLAINT else "complaint"
    return Reading(kind, recipients, "", "", original_of(original))


def _report(mail: Mail) -> Part | None:
    """Some providers' own programs send the fields as a part of plain text."""
    marked = (part for part in mail.parts if part.kind == "message/feedback-report")
    plain = (
        part
        for part in mail.parts
        if part.depth == 0 and part.kind.startswith("text/") and _FIELDS.match(part.text)
    )
    return next(marked, None) or next(plain, None)


def _is_older_form(mail: Mail) -> bool:
    """Hotmail's JMRP, Yahoo's CFL, AOL's scomp before there was ARF."""
    kind, given = content_type(mail.head)
    if kind == "multipart/report" and "feedback" in given.get("report-type", "").lower():
        return True
    encloses = any(part.kind in ENCLOSED or part.kind in HEADERS_ONLY for part in mail.parts)
    if any(part.head is not None and _HOTMAILS in part.head for part in mail.parts):
        return True
    told = bool(pattern("complaints", "subject").search(mail.head.text("subject")))
    known = bool(pattern("complaints", "sender").search(mail.head.get("from")))
    return encloses and ((told and known) or (told and _is_from_robot(mail.head)) or known)


def _is_from_robot(head: Headers) -> bool:
    return any(is_robot(address) for address in addresses_in_header(head.get("from")))


def _copy(mail: Mail) -> str:
    text = "\n".join(part.text for part in mail.parts if part.kind == "text/plain")
    return without_copy(text)[1] or text


def _recipients(fields: Headers, original: Headers) -> list[str]:
    """Redacted addresses name nobody: then the mail's own VERP or To may."""
    found = [
        address_of_field(value)
        for name in ("original-rcpt-to", "removal-recipient", "user-email", "redacted-address")
        for value in fields.all(name)
    ]
    found += [address_of_field(original.get(name)) for name in _ENCLOSING_NAMES]
    usable = [one for one in found if "@" in one and not _REDACTED.match(one)]
    if not usable:
        verp = [unfolded_verp(one) for one in addresses_in_header(original.get("return-path"))]
        usable = [one for one in verp if one] or _undisguised(recipients_of(original)[:1])
    named = [one for one in usable if not _REDACTED.match(one)] or [
        one for one in found if "@" in one
    ]
    return list({one.lower(): one for one in named or usable}.values())


def _undisguised(addresses: list[str]) -> list[str]:
    """Without `redacted@aol.example`, which is nobody whom we know."""
    return [one for one in addresses if "redacted" not in one.lower()]
