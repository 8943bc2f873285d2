"""What a mail that came back means, and what follows: one router for every way it came in."""

import logging

from django.db import OperationalError, transaction

from comm100.core.events import publish
from mail.events import ComplaintArrived, UnsubscribeArrived
from mail.models import InboundMail, Outbox, Suppression
from mail.operations.bouncing import bounce
from mail.operations.counting import count_day, count_total
from mail.operations.handing_on import hand_on
from mail.operations.quarantine import put_in_quarantine
from mail.operations.replying import take_reply
from mail.operations.suppressing import suppress
from mail.reading import Reading, read_mail
from mail.whose import About

log = logging.getLogger("mail.inbound")
MOST_TRIES = 5


def route_arrival(inbound_id: int) -> bool:
    """Act on it and let it go, for the site in context; False when it is gone already.

    What cannot be understood, or makes us stumble, waits in quarantine for a person.
    """
    try:
        with transaction.atomic():
            return _route(inbound_id)
    except OperationalError:
        raise  # the database is away or busy: the sweep comes back to it
    except Exception:
        log.exception("mail %s could not be routed", inbound_id)
        put_in_quarantine(inbound_id, "We stumbled over it. This is our mistake; try it again.")
        return True


def _route(inbound_id: int) -> bool:
    waiting = InboundMail.objects.select_for_update().filter(state=InboundMail.State.WAITING)
    kept = waiting.filter(pk=inbound_id).first()
    if kept is None:
        return False
    if kept.tries > MOST_TRIES:
        put_in_quarantine(kept.pk, "We tried several times, and never came to an end.")
        return True
    if kept.about_id is None:
        hand_on(kept)
        return True
    rows = Outbox.objects.select_related("contact", "mailing")
    row = rows.defer("content", "mailing__content").get(pk=kept.about_id)
    about = About(row, kept.kind, is_proven=kept.kind != InboundMail.Kind.UNADDRESSED)
    problem = act_on(read_mail(bytes(kept.raw)), about, bytes(kept.raw))
    if problem:
        put_in_quarantine(kept.pk, problem)
    else:
        kept.delete()
    return True


def act_on(reading: Reading, about: About, raw: bytes) -> str:
    """Do what the mail asks for; answers why that was not possible, "" when it was."""
    if about.kind == InboundMail.Kind.LEAVE and reading.kind not in {"bounce", "complaint"}:
        leave(about.row)
        return ""
    match reading.kind:
        case "bounce":
            return bounce(about, reading, raw)
        case "complaint":
            complain(about)
        case "auto_reply":
            count_day("auto_replied")
        case "broken":
            return "Nothing in it could be read."
        case _:
            return take_reply(about, reading, raw)
    return ""


def leave(row: Outbox) -> None:
    """The contact of this copy wants no more."""
    if row.contact_id and row.mailing_id:
        publish(
            UnsubscribeArrived(
                site_id=row.site_id, contact_id=row.contact_id, mailing_id=row.mailing_id
            )
        )


def complain(about: About) -> None:
    """They told their provider that it is spam: never again, and the site's risk rises."""
    row = about.row
    if not row.contact:
        return
    if suppress(row.contact, reason=Suppression.Reason.COMPLAINT, mailing=row.mailing):
        count_day("complained")
        if row.mailing_id:
            count_total(row.mailing_id, "complained")
        publish(
            ComplaintArrived(
                site_id=row.site_id, contact_id=row.contact.pk, mailing_id=row.mailing_id
            )
        )
