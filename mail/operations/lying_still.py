"""What lay still for hours, because nothing was running, waits for a person (docs/mail.md).

A newsletter that was to leave in the morning is not sent at night on its own: not after a restore,
not after a time without power. `turn_at` is the last sign of life of a mailing.
"""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from mail.events import MailingHeld, MailingMissed
from mail.models import Mailing

PATIENCE = timedelta(hours=2)
MISSED = "It lay still for more than two hours after its time"


def lay_still(mailing: Mailing) -> bool:
    """While its outbox was filled."""
    return timezone.now() - mailing.turn_at > PATIENCE


def hold_missed(mailing: Mailing) -> None:
    """Hold what is locked by the caller, and tell."""
    mailing.state, mailing.held_for = Mailing.State.HELD, Mailing.HeldFor.MISSED
    mailing.hold_reason = MISSED
    mailing.save(update_fields=["state", "held_for", "hold_reason"])
    record("mailing.held", mailing, by="system", held_for="missed")
    publish(MailingHeld.about(mailing, reason=MISSED))
    publish(MailingMissed.about(mailing))


@transaction.atomic
def hold_overdue(mailing_id: int) -> bool:
    """The sweep found it (mail/sql/overdue.sql); safe to run twice."""
    mailing = Mailing.objects.select_for_update().filter(pk=mailing_id).first()
    if mailing is None or mailing.state != Mailing.State.OPEN or not lay_still(mailing):
        return False
    hold_missed(mailing)
    return True
