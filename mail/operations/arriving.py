"""What a mail that came back means: somebody leaves, or an address does not exist."""

from django.db import transaction
from django.db.models import F

from comm100.core.events import publish
from mail.events import MailBounced, UnsubscribeArrived
from mail.models import InboundMail, Mailing, Outbox, Suppression
from mail.operations.counting import count_one
from mail.operations.suppressing import suppress
from mail.outcomes import is_gone
from mail.reports import Report, failure_in


@transaction.atomic
def route_arrival(inbound_id: int) -> bool:
    """Act on it and let it go, for the site in context; False when it is gone already."""
    kept = InboundMail.objects.select_for_update().filter(pk=inbound_id).first()
    if kept is None:
        return False
    row = (
        Outbox.objects.select_related("contact", "mailing")
        .defer("mailing__content")
        .get(pk=kept.about_id)
    )
    if kept.kind == InboundMail.Kind.LEAVE:
        _leave(row)
    else:
        report = failure_in(bytes(kept.raw))
        if report:
            _bounce(row, report)
    kept.delete()
    return True


def _leave(row: Outbox) -> None:
    if row.contact_id and row.mailing_id:
        publish(
            UnsubscribeArrived(
                site_id=row.site_id, contact_id=row.contact_id, mailing_id=row.mailing_id
            )
        )


def _bounce(row: Outbox, report: Report) -> None:
    """A server took the mail and sent it back later; a second report changes nothing."""
    if row.state == Outbox.State.FAILED:
        return
    gone = is_gone(report.code, report.words)
    if gone and row.contact:
        suppress(row.contact, reason=Suppression.Reason.HARD_BOUNCE)
    was_sent = row.state == Outbox.State.SENT
    row.state, row.smtp_code, row.smtp_reply = Outbox.State.FAILED, report.code, report.words
    row.save(update_fields=["state", "smtp_code", "smtp_reply"])
    if row.mailing and was_sent:
        Mailing.objects.filter(pk=row.mailing.pk).update(sent=F("sent") - 1, failed=F("failed") + 1)
        count_one(row.mailing.pk, "bounced")
    publish(
        MailBounced(
            site_id=row.site_id,
            outbox_id=row.pk,
            mailing_id=row.mailing_id,
            contact_id=row.contact_id,
            smtp_code=report.code,
            reply=report.words,
            gone=gone,
        )
    )
