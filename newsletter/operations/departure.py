"""Unsubscribe, and come back: what a signed link may do without any sign-in (P7.1, P7.2)."""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import Actor, record
from mail import operations as mail
from mail.models import Mailing, MailingHour, Suppression
from newsletter.events import ContactDeparted
from newsletter.models import Departure, NewsletterList, Subscriber
from newsletter.operations.subscription import note_list, refuse, say_yes
from newsletter.suppressions import is_out
from visitors.models import MAIL_KINDS, Contact, Kind, Receipt
from visitors.operations import Said, note_choice, note_event

State = Subscriber.State
Where = Receipt.Where
WHERE = {
    Departure.How.ONE_CLICK: Where.ONE_CLICK,
    Departure.How.LINK: Where.LINK,
    Departure.How.PREFERENCES: Where.PREFERENCES,
    Departure.How.REPLY: Where.REPLY,
    Departure.How.OPERATOR: Where.OPERATOR,
    Departure.How.COMPLAINT: Where.COMPLAINT,
}
AGAIN = "Subscribe again"  # what the button says that undoes it


@transaction.atomic
def unsubscribe(
    contact: Contact,
    *,
    how: Departure.How,
    mailing_id: int | None = None,
    where: int | None = None,
    by: Actor | None = None,
) -> Departure | None:
    """Off every list of the site, and no marketing mail any more; None when it was so before.

    where, by: what the receipt says, when it is not what `how` says, and the contact by a link.
    """
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    at = timezone.now()
    said = Said(by=by or contact, where=where or WHERE[how], note="Unsubscribed", at=at)
    mailing = Mailing.objects.without_content().filter(pk=mailing_id or 0).first()
    fresh = mail.suppress(contact, reason=Suppression.Reason.UNSUBSCRIBED, mailing=mailing)
    left = _leave_all(contact, said)
    refused = refuse(contact, MAIL_KINDS, said=said)
    if not (fresh or left or refused):
        return None
    note_choice(contact, Kind.MARKETING, False, said=said)  # whatever was said before
    departure = Departure.objects.create(
        site_id=contact.site_id,
        contact=contact,
        mailing=mailing if fresh else None,  # suppress() counted it just then
        how=how,
        at=at,
    )
    record("consent.withdrawn", contact, by=said.by, how=how.name.lower(), lists=left)
    _tell(contact, departure)
    return departure


def leave_lists_of(contact_id: int, kind: int) -> None:
    """A no to a kind of mail is a no to its lists."""
    places = Subscriber.objects.filter(contact=contact_id, list__kind=kind)
    staying = places.exclude(state=State.UNSUBSCRIBED).values_list("pk", flat=True)
    rows = Subscriber.objects.filter(pk__in=list(staying))
    rows.update(state=State.UNSUBSCRIBED, left_at=timezone.now())


def _leave_all(contact: Contact, said: Said) -> int:
    """Off every list, with a receipt each; answer how many."""
    places = Subscriber.objects.filter(contact=contact)
    lists = list(NewsletterList.objects.filter(pk__in=places.subscribed().values("list")))
    for row in lists:
        note_list(contact, row, joined=False, said=said)
    places.filter(state=State.PENDING).update(state=State.UNSUBSCRIBED)
    return places.subscribed().update(state=State.UNSUBSCRIBED, left_at=said.at)


def _tell(contact: Contact, departure: Departure) -> None:
    how = Departure.How(departure.how)
    words = f"Unsubscribed: {how.label[:1].lower()}{how.label[1:]}"
    note_event(contact, kind="unsubscribed", text=words)
    publish(
        ContactDeparted(
            site_id=contact.site_id,
            contact_id=contact.pk,
            how=how,
            mailing_id=departure.mailing_id,
        )
    )


@transaction.atomic
def come_back(contact: Contact) -> bool:
    """Undo the last unsubscribing: back on the lists it was about; answer whether it did."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    departure = Departure.objects.filter(contact=contact).order_by("-at", "-pk").first()
    if departure is None or not is_out(contact):
        return False
    at = timezone.now()
    places = Subscriber.objects.filter(contact=contact, left_at=departure.at)
    lists = list(NewsletterList.objects.filter(pk__in=places.values("list")))
    places.update(state=State.SUBSCRIBED, left_at=None, confirmed_at=at)
    note = "Subscribed again by the link in a mail"
    said = Said(by=contact, where=Where.LINK, words=AGAIN, note=note, at=at)
    for kind in _given_up_with(departure):
        say_yes(contact, kind, said=said)
    for row in lists:
        note_list(contact, row, joined=True, said=said)
    _uncount(departure)
    departure.delete()
    record("consent.confirmed", contact, by=contact, how="undone")
    note_event(contact, kind="subscribed.again", text="Subscribed again")
    return True


def _given_up_with(departure: Departure) -> list[int]:
    """The kinds of mail that were on until then, by the receipts of that moment."""
    rows = Receipt.objects.of(departure.contact).filter(at=departure.at, after=Receipt.State.NO)
    kinds = rows.filter(before=Receipt.State.YES, about="").values_list("kind", flat=True)
    return sorted(kinds) or [Kind.MARKETING]


def _uncount(departure: Departure) -> None:
    """It was no departure in the end: take it off the counters of the mailing."""
    if departure.mailing_id is None:
        return
    Mailing.objects.filter(pk=departure.mailing_id).update(unsubscribed=F("unsubscribed") - 1)
    hour = departure.at.replace(minute=0, second=0, microsecond=0)
    hours = MailingHour.objects.filter(mailing=departure.mailing_id, unsubscribed__gt=0)
    last = hours.filter(hour__lte=hour).order_by("-hour").first()
    if last:
        MailingHour.objects.filter(pk=last.pk).update(unsubscribed=F("unsubscribed") - 1)
