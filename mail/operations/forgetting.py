"""A contact is removed: nothing in the outbox names them any more (docs/mail.md)."""

from django.db import transaction
from django.db.models import Count, F
from django.utils import timezone

from mail.models import Bounce, InboundMail, Mailing, Outbox, Reply, SoftBounces

State = Outbox.State


@transaction.atomic
def forget_contact(contact_id: int, email_hash: bytes) -> None:
    """Do not send what waits for them; blank the address. The keyed hash stays, so that nobody
    who said no is written to again when they are imported once more."""
    rows = Outbox.objects.filter(contact_id=contact_id)
    waiting = rows.filter(state__in=[State.READY, State.RETRY])
    counts = list(waiting.values_list("mailing_id").annotate(Count("pk")).order_by())
    waiting.update(state=State.SUPPRESSED, settled_at=timezone.now())
    for mailing_id, count in counts:
        Mailing.objects.filter(pk=mailing_id).update(suppressed=F("suppressed") + count)
    rows.update(address="", smtp_reply="", content=None)
    Reply.objects.filter(contact=contact_id).delete()
    Bounce.objects.filter(contact=contact_id).update(words="")
    SoftBounces.objects.filter(address_hash=email_hash).delete()
    InboundMail.objects.filter(about__contact=contact_id).delete()
    settled = Outbox.objects.filter(mailing=None, address_hash=email_hash)
    settled.exclude(state__in=Outbox.UNSENT).update(address="", smtp_reply="")
