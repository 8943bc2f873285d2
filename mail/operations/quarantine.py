"""Mails that could not be understood: kept visibly, tried again, or thrown away by a person."""

from email import message_from_bytes, policy

from django.db import transaction

from comm100.core.events import publish
from comm100.core.models import take_numbers
from mail.events import MailArrived
from mail.models import InboundMail
from mail.reading.bodies import header

State = InboundMail.State


@transaction.atomic
def put_in_quarantine(inbound_id: int, problem: str) -> None:
    """It waits for a person of the site in context, who sees why."""
    kept = InboundMail.objects.select_for_update().filter(pk=inbound_id).first()
    if kept is None or kept.state == State.STRAY:
        return
    kept.state, kept.problem = State.QUARANTINED, problem[:200]
    kept.number = kept.number or take_numbers("inbound")
    kept.sender, kept.subject = _told(bytes(kept.raw))
    kept.save(update_fields=["state", "problem", "number", "sender", "subject"])


@transaction.atomic
def replay(kept: InboundMail) -> None:
    """Route it once more: what reads it may have learned since."""
    kept.state, kept.tries = State.WAITING, 0
    kept.save(update_fields=["state", "tries"])
    publish(MailArrived(site_id=kept.site_id, inbound_id=kept.pk))


@transaction.atomic
def throw_away(kept: InboundMail) -> None:
    kept.delete()


def _told(raw: bytes) -> tuple[str, str]:
    """Sender and subject, as far as they can be read."""
    message = message_from_bytes(raw[: 2**16], policy=policy.compat32)
    return _clean(header(message, "From"), 320), _clean(header(message, "Subject"), 300)


def _clean(text: str, most: int) -> str:
    return text.replace("\x00", "")[:most]
