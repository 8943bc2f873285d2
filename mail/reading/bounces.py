"""Reports that a mail was not delivered: recognises them and says what became of whom."""

from collections.abc import Callable
from typing import NamedTuple

from mail.reading import original as originals
from mail.reading.addresses import (
    addresses_in_header,
    is_robot,
    same,
    unfolded_verp,
)
from mail.reading.headers import Headers, content_type
from mail.reading.parts import ENCLOSED, Mail, as_plain
from mail.reading.prose import SURE, Named, about, named_in
from mail.reading.reasons import is_hard, reason_of, reason_told_first
from mail.reading.reports import Notice, looks_like_fields, notices
from mail.reading.result import Original, Recipient
from mail.reading.signs import action_told, is_failure_subject, is_report_opening
from mail.reading.statuses import is_vague, reply_in, status_in

_DELIVERY_STATUS = ("message/delivery-status", "message/global-delivery-status")
_LONGEST_LINE, _LONGEST_NOTICE = 1_000, 200_000  # characters
_ENOUGH = 4  # points of evidence


class Bounce(NamedTuple):
    recipients: tuple[Recipient, ...]
    original: Original


class Case(NamedTuple):
    """A report taken apart: its head, its words, the fields in it, the mail it is about."""

    head: Headers
    notice: str
    fields: str
    original: Headers
    depth: int


def bounce_in(mail: Mail) -> Bounce | None:
    """None when the mail is no report, neither itself nor one forwarded in it."""
    for case in _cases(mail):
        if _is_report(case, mail):
            recipients = _recipients(case)
            original = originals.original_of(case.original, case.notice)
            return Bounce(tuple(recipients), original)
    return None


def _cases(mail: Mail) -> list[Case]:
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
    fields = "\n\n".join(part.text for part in own if part.kind in _DELIVERY_STATUS)
    if not fields and looks_like_fields(notice + copy):
        fields = notice + copy
    return Case(head, notice, fields, originals.headers_of_original(mail, depth, copy), depth)


def _bounded(text: str) -> str:
    """Nobody explains anything in a line of a thousand characters."""
    return "\n".join(line[:_LONGEST_LINE] for line in text[:_LONGEST_NOTICE].split("\n"))


def _is_bare_html(text: str) -> bool:
    return text.lstrip()[:15].lower().startswith(("<html", "<!doctype html"))


def _is_report(case: Case, mail: Mail) -> bool:
    """Enough signs; words alone, in a mail that a person may have written, are not."""
    machine, words = _machine_signs(case, mail), _word_signs(case)
    if machine:
        return machine + words >= _ENOUGH
    return _is_told(case, words) or (words >= _ENOUGH and _encloses(case, mail))


def _is_told(case: Case, words: int) -> bool:
    """Nothing says that a machine wrote it, but it speaks as servers do."""
    sure, code = _names_surely(case), bool(status_in(case.notice))
    if words >= _ENOUGH:
        return sure or code or bool(reply_in(case.notice, marked_only=True))
    return bool(words) and sure and code


def _machine_signs(case: Case, mail: Mail) -> int:
    kind, given = content_type(case.head)
    sender = case.head.text("from")
    points = 3 * (case.depth == 0 and bool(mail.of(*_DELIVERY_STATUS)) and bool(case.fields))
    points += 4 * ("x-failed-recipients" in case.head)
    points += 2 * (kind == "multipart/report" and "delivery" in given.get("report-type", ""))
    points += 2 * bool(case.fields)
    points += 2 * any(is_robot(address) for address in addresses_in_header(sender))
    points += "mail delivery" in sender.lower() or "mailer-daemon" in sender.lower()
    points += 2 * (not sender.strip() or sender.strip().endswith("<>"))
    return points + (case.head.get("return-path").strip() == "<>")


def _word_signs(case: Case) -> int:
    subject = is_failure_subject(case.head.text("subject"))
    return 2 * subject + 2 * is_report_opening(case.notice)


def _encloses(case: Case, mail: Mail) -> bool:
    return any(part.kind in ENCLOSED and part.depth == case.depth + 1 for part in mail.parts)


def _names_surely(case: Case) -> bool:
    return any(named.sureness == SURE for named in named_in(case.notice, _strangers(case)))


def _recipients(case: Case) -> list[Recipient]:
    told = [_kept(notice, case) for notice in notices(case.fields)]
    told = [notice for notice in told if notice.address]
    if told:
        return _unique([_judged(notice, case, len(told) == 1) for notice in told])
    action = _action("", case)
    named = [
        Notice(one.address, "", _below_heading(case.notice, one.address) or action, "", one.words)
        for one in _named(case)
    ]
    return _unique([_judged(notice, case, len(named) == 1) for notice in named])


def _below_heading(notice: str, address: str) -> str:
    """Sendmail lists those that failed and those that wait under headings of their own."""
    above = notice.partition(address)[0].lower()
    waiting, failed = above.rfind("transient non-fatal errors"), above.rfind(" permanent fatal err")
    return "delayed" if waiting > failed else ""


def _kept(notice: Notice, case: Case) -> Notice:
    """With an address even where the report only has a path, a pipe or a local name."""
    if "@" in notice.address:
        return notice
    address = notice.alias or next(iter(_fallback(case)), "")
    return notice._replace(address=address)


def _named(case: Case) -> list[Named]:
    """From the words; else from the headers; else to whom the mail was sent."""
    listed = addresses_in_header(", ".join(case.head.all("x-failed-recipients")))
    strangers = _strangers(case)
    found = named_in(case.notice, strangers)
    if listed:
        known = {named.address.lower(): named for named in found}
        return [known.get(one.lower(), Named(one, 3, "")) for one in listed]
    sent_to = _fallback(case)
    if not found and not sent_to:  # somebody wrote to themselves
        found = [named for named in named_in(case.notice, _nobody) if named.sureness == SURE]
    if found and (found[0].sureness > 1 or not sent_to):
        return found if found[0].sureness > 1 or len(found) == 1 else found[:1]
    meant = [named for named in found if any(same(named.address, one) for one in sent_to)]
    return meant or [Named(one, 1, "") for one in sent_to]


def _nobody(address: str) -> bool:
    return False


def _strangers(case: Case) -> Callable[[str], bool]:
    """Who wrote the original, and to whom the report came."""
    reported_to = {one.lower() for one in addresses_in_header(case.head.get("to"))}
    senders = originals.senders_of(case.original) | reported_to
    senders |= originals.senders_of(case.head)
    meant = {one.lower() for one in originals.recipients_of(case.original)}
    return lambda address: address.lower() in senders - meant


def _fallback(case: Case) -> list[str]:
    """Where the report names nobody: to whom the original went, or VERP in our own address."""
    sent_to = originals.recipients_of(case.original)[:1]
    if sent_to:
        return sent_to
    shown = originals.original_of(case.original, case.notice).to
    verp = (unfolded_verp(one) for one in addresses_in_header(case.head.get("to")))
    return [one for one in (shown, *verp) if one][:1]


def _judged(notice: Notice, case: Case, alone: bool) -> Recipient:
    """Reason and codes from the closest words that tell any."""
    texts = [notice.words, about(case.notice, notice.address)]
    texts.append(case.notice[:6000] if alone else case.notice.partition("@")[0][-600:])
    action = notice.action or _action(notice.status, case)
    status = _status(notice, texts)
    replies = [reply_in(text, marked_only=at > 1) for at, text in enumerate(texts)]
    reply = _telling(replies)
    reason = reason_told_first(case.notice[:1500]) if alone and action == "failed" else ""
    reason = reason or reason_of(texts, status, reply, action)
    return Recipient(
        address=notice.address,
        action="failed" if action == "deliverable" else action,
        status=status,
        reply_code=reply,
        reason=reason,
        hard=is_hard(reason, status, reply, action),
    )


def _action(status: str, case: Case) -> str:
    if status.startswith("2."):
        return "delivered"
    return action_told(case.head.text("subject"), case.notice) or "failed"


def _status(notice: Notice, texts: list[str]) -> str:
    """The field says it; when it is vague, the words may say more."""
    given = status_in(notice.status)
    if given and not is_vague(given):
        return given
    found = [status_in(text, like=given) for text in (texts[:2] if given else texts)]
    if given:
        found = [
            one
            for one in found
            if one[:1] == given[0] and (given.endswith(".0.0") or not is_vague(one))
        ]
    return _telling(found) or given


def _telling(codes: list[str]) -> str:
    """The first refusal, else the first of all."""
    return next((code for code in codes if code[:1] in {"4", "5"}), next(filter(None, codes), ""))


def _unique(recipients: list[Recipient]) -> list[Recipient]:
    """One an address; a failure counts more than what was said before it."""
    by_address: dict[str, Recipient] = {}
    for one in recipients:
        known = by_address.get(one.address.lower())
        if known is None or (known.action != "failed" and one.action == "failed"):
            by_address[one.address.lower()] = one
    return list(by_address.values())
