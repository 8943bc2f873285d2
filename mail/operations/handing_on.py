"""Mail to postmaster or abuse: handed on to the company's mailbox (RFC 5321, 4.5.1; RFC 2142)."""

from django.db import transaction

from mail import mails
from mail.models import InboundMail
from mail.operations.queueing import enqueue
from mail.reading import read_mail
from mail.showing import shown

BY_PEOPLE = {"reply", "unsubscribe", "complaint"}


@transaction.atomic
def hand_on(kept: InboundMail) -> None:
    """What a person wrote, or complained of; what a machine says is left as nobody's, so that
    two machines never talk to each other."""
    raw = bytes(kept.raw)
    told = shown(raw, mark=mails.FORWARDED)
    if told.is_from_us or read_mail(raw).kind not in BY_PEOPLE:
        kept.state = InboundMail.State.STRAY
        kept.save(update_fields=["state"])
        return
    enqueue(mails.for_the_company(told, raw=raw), key=f"role:{kept.pk}")
    kept.delete()
