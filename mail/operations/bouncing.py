"""A mail did not arrive: what that says of the address, and what of us."""

from django.db import OperationalError, transaction
from django.db.models import F
from django.utils import timezone

from comm100.core.addresses import address_hash, normalise_email
from comm100.core.events import publish
from mail.events import MailBounced
from mail.models import Bounce, Mailing, Outbox, SoftBounces, Suppression
from mail.operations.counting import DayCounter, count_day, count_one
from mail.operations.suppressing import suppress
from mail.reading import Reading, Recipient
from mail.reading.reasons import is_hard, reason_of
from mail.reading.statuses import status_in
from mail.reports import words_about
from mail.whose import About
from visitors.models import Contact

Kind, Reason = Bounce.Kind, Suppression.Reason
# What receivers hold against us or the text: it never punishes the contact, it is the site's risk.
AGAINST_US = frozenset(
    {
        *("blocked", "bad_reputation", "spam_detected", "virus_detected", "policy"),
        *("auth_failure", "content_error", "relay_denied", "rate_limited"),
        *("too_many_connections", "message_too_big", "filtered", "rejected"),
    }
)
_COUNTERS: dict[int, DayCounter] = {Kind.HARD: "hard", Kind.SOFT: "soft", Kind.OURS: "ours"}


class StillCounting(OperationalError):
    """The mail came back before it was counted as sent; the sweep tries again after the count."""


@transaction.atomic
def bounce(about: About, reading: Reading, raw: bytes) -> str:
    """What a report says of each recipient; answers why nothing could be made of it."""
    if not reading.recipients:
        return "It looks like a report, but it does not say whose mail failed."
    failed = [one for one in reading.recipients if one.action == "failed"]
    for row, recipient in _rows_of(about, failed):
        note_bounce(row, recipient, words_about(raw, recipient.address), is_proven=about.is_proven)
    return ""


@transaction.atomic
def note_bounce(
    row: Outbox, recipient: Recipient, words: str, *, is_proven: bool = True
) -> Bounce | None:
    """Keep it, count it, act on it; None for a second report about the same mail."""
    kind = _kind(recipient, is_proven)
    made, is_new = Bounce.objects.get_or_create(
        site_id=row.site_id,
        row=row,
        defaults={
            "mailing_id": row.mailing_id,
            "contact_id": row.contact_id,
            "kind": kind,
            "reason": recipient.reason,
            "status": recipient.status[:12],
            "reply_code": recipient.reply_code[:3],
            "words": words if row.address else "",  # erased meanwhile: they name the address
        },
    )
    if not is_new:
        return None
    count_day(_COUNTERS[kind])
    if row.contact:
        _judge(row.contact, kind, row.mailing)
    elif kind == Kind.HARD:  # a letter to nobody's contact: an operator, a mailbox of the site
        Suppression.objects.get_or_create(
            site_id=row.site_id,
            address_hash=row.address_hash,
            defaults={"reason": Reason.HARD_BOUNCE},
        )
    if row.state != Outbox.State.FAILED:
        _take_back(row, made)
    return made


@transaction.atomic
def note_refusal(outbox_id: int, code: int, words: str) -> None:
    """A server refused the recipient while we talked with it: the same, from its reply."""
    rows = Outbox.objects.select_related("contact", "mailing").defer("mailing__content", "content")
    row = rows.filter(pk=outbox_id).first()
    if row is None or Bounce.objects.filter(row=row).exists():
        return
    status, reply_code = status_in(words), str(code or "")
    reason = reason_of(words, status, reply_code, "failed")
    hard = is_hard(reason, status, reply_code, "failed")
    note_bounce(row, Recipient(row.address, "failed", status, reply_code, reason, hard), words)


def _kind(recipient: Recipient, is_proven: bool) -> int:
    if recipient.reason in AGAINST_US:
        return Kind.OURS
    return Kind.HARD if recipient.hard and is_proven else Kind.SOFT


def _judge(contact: Contact, kind: int, mailing: Mailing | None) -> None:
    """Gone: never again. Failing softly again and again: no newsletters any more."""
    if kind == Kind.HARD:
        suppress(contact, reason=Reason.HARD_BOUNCE, mailing=mailing)
    elif kind == Kind.SOFT and _add_point(contact) >= SoftBounces.LIMIT:
        suppress(contact, reason=Reason.SOFT_BOUNCE, mailing=mailing)


def _add_point(contact: Contact) -> int:
    """One more on a day that has none yet; answers the points since then."""
    today = timezone.now().date()
    kept, is_new = SoftBounces.objects.select_for_update().get_or_create(
        site_id=contact.site_id,
        address_hash=contact.email_hash,
        defaults={"points": 1, "last_on": today},
    )
    if not is_new and kept.last_on < today:
        kept.points, kept.last_on = kept.points_on(today) + 1, today
        kept.save(update_fields=["points", "last_on"])
    return kept.points


def _take_back(row: Outbox, made: Bounce) -> None:
    """A server took the mail and sent it back later: it was not delivered after all."""
    was_sent = row.state == Outbox.State.SENT
    row.state, row.smtp_reply = Outbox.State.FAILED, made.words or made.status
    row.smtp_code = int(made.reply_code) if made.reply_code.isdecimal() else None
    row.save(update_fields=["state", "smtp_code", "smtp_reply"])
    if row.mailing_id and was_sent:
        mailing = Mailing.objects.filter(pk=row.mailing_id, sent__gt=0)
        if not mailing.update(sent=F("sent") - 1):
            raise StillCounting
        count_one(row.mailing_id, "failed", "bounced")  # in this hour: what was sent stays there
    publish(
        MailBounced(
            site_id=row.site_id,
            outbox_id=row.pk,
            mailing_id=row.mailing_id,
            contact_id=row.contact_id,
            smtp_code=row.smtp_code or 0,
            reply=row.smtp_reply,
            gone=made.kind == Kind.HARD,
        )
    )


def _rows_of(about: About, failed: list[Recipient]) -> list[tuple[Outbox, Recipient]]:
    """Each recipient with its row. A report that speaks of one other address than ours is about
    ours: the contact's server passed it on to there."""
    ours = normalise_email(about.row.address)
    exact = [one for one in failed if normalise_email(one.address) == ours]
    if exact or len(failed) == 1:
        return [(about.row, (exact or failed)[0])]
    found = []
    for one in failed:
        hashed = address_hash(normalise_email(one.address))
        rows = Outbox.objects.filter(mailing=about.row.mailing_id, address_hash=hashed)
        row = rows.select_related("contact", "mailing").defer("mailing__content").first()
        if about.row.mailing_id and row:
            found.append((row, one))
    return found
