"""What people answer to a mailing: their wish to leave is obeyed (P7.3), the rest is shown."""

from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from comm100.core.addresses import normalise_email
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from comm100.core.tenancy import current_site_id
from mail import mails
from mail.content import parse
from mail.events import UnsubscribeArrived
from mail.models import Mailing, Outbox, Reply
from mail.operations.counting import count_day, count_total
from mail.operations.queueing import enqueue
from mail.reading import Reading
from mail.showing import Shown, clean, shown
from mail.whose import About
from operators.models import Operator
from visitors.operations import note_event

State = Reply.State
ANSWERED = "Answered a mail"  # on their timeline
FORWARDS_A_DAY = 20  # of one contact: two machines that answer each other come to an end


@transaction.atomic
def take_reply(about: About, reading: Reading, raw: bytes) -> str:
    """Keep it for the replies page; a clear wish to leave is obeyed at once and confirmed."""
    told = shown(raw, mark=mails.FORWARDED)
    row, wants_out = about.row, reading.kind == "unsubscribe" or reading.wish == "clear"
    state = State.UNDECIDED if reading.wish == "doubtful" else State.NEW
    if wants_out and row.contact_id:
        state = State.UNSUBSCRIBED
    reply = _keep(row, told, clean(reading.new_text), state, raw)
    if reply is None:
        return ""
    count_day("replied")
    if row.mailing_id:
        count_total(row.mailing_id, "replied")
    if state == State.UNSUBSCRIBED:
        _let_go(row)
    elif not told.is_from_us:
        _pass_on(reply, raw)
    return ""


@transaction.atomic
def decide(reply: Reply, *, leaves: bool, by: Operator) -> bool:
    """What an operator makes of a reply; False when it was decided before."""
    reply = Reply.objects.select_for_update().get(pk=reply.pk)
    if not reply.is_open:
        return False
    reply.state = State.UNSUBSCRIBED if leaves else State.DONE
    reply.decided_by, reply.decided_at = by, timezone.now()
    reply.save(update_fields=["state", "decided_by", "decided_at"])
    if leaves and reply.contact_id and reply.mailing_id:
        record("reply.obeyed", reply.contact, by=by, reply=reply.number)
        _unsubscribe(reply.contact_id, reply.mailing_id)
    return True


def _keep(row: Outbox, told: Shown, new_text: str, state: int, raw: bytes) -> Reply | None:
    """None when the same mail was kept before."""
    digest = sha256(told.message_id.encode() or raw).digest()
    if Reply.objects.filter(digest=digest).exists():
        return None
    reply = Reply.objects.create(
        site=row.site,
        number=take_numbers("reply"),
        mailing_id=row.mailing_id,
        contact=row.contact,
        digest=digest,
        sender=told.sender,
        sender_name=told.sender_name,
        subject=told.subject,
        new_text=new_text,
        whole_text=told.text,
        attachments=told.attachments,
        state=state,
    )
    if reply.contact:  # one history of a person, whichever way they come (P1.2)
        note_event(reply.contact, kind="replied", text=ANSWERED, url=reply.get_absolute_url())
    return reply


def _let_go(row: Outbox) -> None:
    """Off, and told so by one mail; the way back stands in it. One such mail a day at most."""
    if not (row.contact and row.mailing_id):
        return
    _unsubscribe(row.contact.pk, row.mailing_id)
    key = f"left:{bytes(row.contact.email_hash).hex()}:{timezone.now():%Y-%m-%d}"
    enqueue(mails.left(row.contact, row.contact.site, row.mailing_id), key=key)


def _unsubscribe(contact_id: int, mailing_id: int) -> None:
    site_id = current_site_id() or 0
    publish(UnsubscribeArrived(site_id=site_id, contact_id=contact_id, mailing_id=mailing_id))


def _pass_on(reply: Reply, raw: bytes) -> None:
    """A copy for the site's own mailbox, where people expect the answers to their newsletter."""
    to = _mailbox_of(reply.mailing_id)
    if not to or not reply.sender or normalise_email(to) == normalise_email(reply.sender):
        return
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    sent = Reply.objects.filter(contact=reply.contact_id, at__gte=today).exclude(forwarded_to="")
    if sent.count() >= FORWARDS_A_DAY:
        return
    enqueue(mails.passed_on(reply, to=to, raw=raw), key=f"reply:{reply.number}")
    reply.forwarded_to = to
    reply.save(update_fields=["forwarded_to"])


def _mailbox_of(mailing_id: int | None) -> str:
    """The reply address of the campaign; "" when it is ours, which would go in circles."""
    content = Mailing.objects.filter(pk=mailing_id or 0).values_list("content", flat=True).first()
    to = parse(content).reply_to if content else ""
    return "" if to.lower().endswith(f"@{settings.MAIL_HOST}".lower()) else to
