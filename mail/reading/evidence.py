"""Is a mail a report? Signs of a machine, signs in words, and signs that a person wrote it."""

import re

from mail.reading.addresses import addresses_in_header, is_reporter, unfolded_verp
from mail.reading.cases import DELIVERY_STATUS, Case, strangers_to
from mail.reading.headers import content_type
from mail.reading.meanings import tells_failure
from mail.reading.parts import ENCLOSED, Mail
from mail.reading.prose import LIKELY, SURE, named_in
from mail.reading.signs import is_answer, is_failure_subject, is_forwarded, is_report_opening
from mail.reading.statuses import reply_in, status_in
from mail.reading.words import fold, phrasebook

_ENOUGH = 4  # points of evidence
_BOTH = 2
_PROOF = 3  # points that no mail of a person has
_REMARK = 12  # words: who says more about a report that they pass on wants an answer
_ANYTHING = re.compile(
    r"(?:no-?_?reply|do-?not-?reply|notifications?|support|help-?desk|security|system|delivery)\b",
    re.I,
)
_QUESTION = re.compile(r"[?？](?:\s|$)")
_SALUTATION = re.compile(
    r"\s*(?:hi|hello|hey|dear|hallo|bonjour|hola|ciao)\b[^.:]{0,40}[,!]?\s*$", re.I
)
_NO_PERSONS_LINE = re.compile(r"^\s*(?:[>|]|$)")


def is_report(case: Case, mail: Mail) -> bool:
    """Enough signs; words alone, in a mail that a person may have written, are not."""
    machine, words = _machine_signs(case, mail), _word_signs(case)
    if machine or (words and _is_automatic(case)):
        said = words + _meaning_signs(case)
        automatic = _is_automatic(case) and bool(said)
        enough = machine + automatic + said >= _ENOUGH
        return enough and _has_substance(case, mail, machine)
    if _is_persons(case):
        return False
    return _is_told(case, words) or (words >= _ENOUGH and _encloses(case, mail))


def is_certain(case: Case, mail: Mail) -> bool:
    """A report even when it names nobody."""
    return _machine_signs(case, mail) >= _PROOF and is_report(case, mail)


def is_passed_on(mail: Mail, outer: Case) -> bool:
    """Whether the report inside a mail counts: not where somebody writes about it at length."""
    remark = [line for line in outer.notice.split("\n") if not _NO_PERSONS_LINE.match(line)]
    words = sum(len(line.split()) for line in remark)
    if is_forwarded(mail.head.text("subject")) or _is_from_reporter(outer):
        return True
    return words <= _REMARK and not _asks(outer.notice)


def _machine_signs(case: Case, mail: Mail) -> int:
    kind, given = content_type(case.head)
    sender = case.head.text("from")
    points = 3 * (case.depth == 0 and bool(mail.of(*DELIVERY_STATUS)) and bool(case.fields))
    points += 4 * ("x-failed-recipients" in case.head)
    points += 4 * (_is_automatic(case) and "(rejected)" in case.head.get("auto-submitted").lower())
    points += 2 * (kind == "multipart/report" and "delivery" in given.get("report-type", ""))
    points += 2 * (bool(case.fields) and not _is_quoted_by_person(case))
    points += 2 * _is_from_reporter(case)
    points += "mail delivery" in sender.lower() or "mailer-daemon" in sender.lower()
    points += 2 * (not sender.strip() or sender.strip().endswith("<>"))
    return points + (case.head.get("return-path").strip() == "<>")


def _is_automatic(case: Case) -> bool:
    return case.head.get("auto-submitted").strip().lower().startswith("auto-")


def _is_from_reporter(case: Case) -> bool:
    sender = case.head.text("from")
    return any(is_reporter(address) for address in addresses_in_header(sender))


def _word_signs(case: Case) -> int:
    subject = is_failure_subject(case.head.text("subject"))
    return 2 * subject + 2 * is_report_opening(case.notice)


def _meaning_signs(case: Case) -> int:
    """In languages and words that the tables do not know."""
    subject = case.head.text("subject")
    in_subject = tells_failure(subject[:300].lower()) and not is_answer(subject)
    return 2 * in_subject + 2 * tells_failure(" ".join(case.notice[:1500].lower().split()))


def _has_substance(case: Case, mail: Mail, machine: int) -> bool:
    """It says who or why; a robot that only speaks of failure wants something else of us."""
    if machine >= _PROOF or case.fields or len(case.original) or _encloses(case, mail):
        return True
    if _tells_of_anything(case):
        return _is_told_by_all(case)
    if status_in(case.notice) or reply_in(case.notice, marked_only=True):
        return True
    if any(unfolded_verp(one) for one in addresses_in_header(case.head.get("to"))):
        return True
    named = named_in(case.notice, strangers_to(case))
    return any(one.sureness >= LIKELY for one in named) or len(named) == 1


def _tells_of_anything(case: Case) -> bool:
    """Those robots that deliver parcels and invitations, too."""
    return any(_ANYTHING.match(one) for one in addresses_in_header(case.head.text("from")))


def _is_told_by_all(case: Case) -> bool:
    """By the subject and the words, or one of them and a code; and of somebody outside."""
    subject, notice = case.head.text("subject"), " ".join(case.notice[:1500].lower().split())
    signs = (
        is_failure_subject(subject) or tells_failure(subject[:300].lower()),
        is_report_opening(case.notice) or tells_failure(notice),
        bool(status_in(case.notice)),
    )
    if sum(signs) < _BOTH:
        return False
    home = {one.rpartition("@")[2].lower() for one in addresses_in_header(case.head.get("from"))}
    named = named_in(case.notice, strangers_to(case))
    return any(one.address.rpartition("@")[2].lower() not in home for one in named)


def _is_told(case: Case, words: int) -> bool:
    """Nothing says that a machine wrote it, but it speaks as servers do."""
    sure, code = _names_surely(case), bool(status_in(case.notice))
    if words >= _ENOUGH:
        return sure or code or bool(reply_in(case.notice, marked_only=True))
    return bool(words) and sure and code


def _names_surely(case: Case) -> bool:
    return any(named.sureness == SURE for named in named_in(case.notice, strangers_to(case)))


def _encloses(case: Case, mail: Mail) -> bool:
    return any(part.kind in ENCLOSED and part.depth == case.depth + 1 for part in mail.parts)


# -- signs of a person


def _is_persons(case: Case) -> bool:
    """Somebody asks, greets or signs."""
    lines = case.notice[:3000].split("\n")
    greets = any(_SALUTATION.match(line) for line in lines[:3])
    return _asks(case.notice) or (greets and _signs_off(lines))


def _is_quoted_by_person(case: Case) -> bool:
    """Fields of a report among words of a person, who did not forward but answered or asked."""
    if is_forwarded(case.head.text("subject")):
        return False
    own = [line for line in case.notice.split("\n")[:200] if not _NO_PERSONS_LINE.match(line)]
    return _is_persons(case) and bool(own) and not _is_from_reporter(case)


def _asks(notice: str) -> bool:
    own = (line for line in notice[:3000].split("\n") if not _NO_PERSONS_LINE.match(line))
    return any(_QUESTION.search(line) and "://" not in line for line in own)


def _signs_off(lines: list[str]) -> bool:
    return any(
        phrasebook().regards.match(fold(line.strip(" ,.!-"))) for line in lines[1:] if line.strip()
    )
