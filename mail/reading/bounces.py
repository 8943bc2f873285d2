"""Reports that a mail was not delivered: recognises them and says what became of whom."""

from typing import NamedTuple

from mail.reading import original as originals
from mail.reading.addresses import addresses_in_header, same, unfolded_verp
from mail.reading.cases import Case, cases_in, strangers_to
from mail.reading.evidence import is_certain, is_passed_on, is_report
from mail.reading.parts import Mail
from mail.reading.prose import SURE, Named, about, named_by_local_part, named_in
from mail.reading.reasons import is_hard, reason_of, reason_told_first
from mail.reading.reports import Notice, notices
from mail.reading.result import Original, Recipient
from mail.reading.signs import action_told
from mail.reading.statuses import is_vague, reply_in, status_in
from mail.reading.transcripts import without_conclusions

# codes that who reports gives to any refusal, where the server itself says more
CATCH_ALL = frozenset({"1.0", "1.1"})


class Bounce(NamedTuple):
    recipients: tuple[Recipient, ...]
    original: Original


def bounce_in(mail: Mail) -> Bounce | None:
    """None when the mail is no report, neither itself nor one forwarded in it."""
    outer, *inner = cases_in(mail)
    inner = inner if is_passed_on(mail, outer) else []
    # a gateway may wrap the whole report into a mail that has the same head and says nothing
    in_turn = [outer, *inner] if outer.notice.strip() or outer.fields else [*inner, outer]
    for case in in_turn:
        case = case._replace(notice=without_conclusions(case.notice))  # noqa: PLW2901
        recipients = _recipients(case) if is_report(case, mail) else []
        if recipients or is_certain(case, mail):
            original = originals.original_of(case.original, case.notice)
            return Bounce(tuple(recipients), original)
    return None


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
    strangers = strangers_to(case)
    found = _with_local_names(named_in(case.notice, strangers), case)
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


def _with_local_names(found: list[Named], case: Case) -> list[Named]:
    """With those of its own users that a server calls by the first half of their address."""
    known = {named.address.lower() for named in found}
    others = [one for one in originals.recipients_of(case.original) if one.lower() not in known]
    short = named_by_local_part(case.notice, others)
    return [named for named in found if named.sureness == SURE] + short if short else found


def _nobody(address: str) -> bool:
    return False


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
    given, said = status_in(notice.status), status_in(notice.words)
    if given and not is_vague(given):
        other = said[:1] == given[:1] and said[2:4] != "1." and not is_vague(said)
        return said if other and given[2:] in CATCH_ALL else given
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
