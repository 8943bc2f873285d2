"""What waits for one contact in a mailing does not go out after all."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from mail.models import Mailing, Outbox

State = Outbox.State


def mailings_waiting_for(contact_id: int) -> list[int]:
    """Ids of the mailings that have a mail for them which has not left."""
    rows = Outbox.objects.filter(contact_id=contact_id, state__in=[State.READY, State.RETRY])
    return list(rows.exclude(mailing=None).values_list("mailing_id", flat=True))


@transaction.atomic
def spare_contact(contact_id: int, mailing_id: int) -> bool:
    """Settle it as suppressed, and count that; False when it has left, or is leaving just now."""
    rows = Outbox.objects.filter(contact_id=contact_id, mailing_id=mailing_id)
    waiting = rows.filter(state__in=[State.READY, State.RETRY])
    spared = waiting.update(state=State.SUPPRESSED, settled_at=timezone.now())
    if spared:
        Mailing.objects.filter(pk=mailing_id).update(suppressed=F("suppressed") + spared)
    return bool(spared)
