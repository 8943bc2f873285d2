"""Unsubscribe, and come back: what a signed link may do without any sign-in (P7.1, P7.2)."""

from collections.abc import Collection

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from mail import operations as mail
from mail.models import Mailing, MailingHour, Suppression
from newsletter.events import ContactDeparted
from newsletter.models import Departure, NewsletterList, Subscriber
from newsletter.operations.sparing import spare_who_left
from newsletter.operations.subscription import confirm_consent
from newsletter.suppressions import is_out
from visitors.models import Consent, Contact, ContactEvent
from visitors.operations import note_event

State = Subscriber.State
CHOICES = ("list.joined", "list.left", "unsubscribed", "subscribed.again", "preferences.changed")


@transaction.atomic
def unsubscribe(
    contact: Contact, *, how: Departure.How, mailing_id: int | None = None
) -> Departure | None:
    """Off every list of the site, and no marketing mail any more; None when it was so before."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    at = timezone.now()
    places = Subscriber.objects.filter(contact=contact)
    left = places.subscribed().update(state=State.UNSUBSCRIBED, left_at=at)
    places.filter(state=State.PENDING).update(state=State.UNSUBSCRIBED)
    mailing = Mailing.objects.without_content().filter(pk=mailing_id or 0).first()
    fresh = mail.suppress(contact, reason=Suppression.Reason.UNSUBSCRIBED, mailing=mailing)
    if not (left or fresh):
        return None
    contact.consent, contact.consent_at = Consent.NONE, at
    contact.consent_note = "Unsubscribed"
    contact.save(update_fields=["consent", "consent_note", "consent_at"])
    departure = Departure.objects.create(
        site_id=contact.site_id,
        contact=contact,
        mailing=mailing if fresh else None,  # suppress() counted it just then
        how=how,
        at=at,
    )
    record("consent.withdrawn", contact, by=contact, how=how.name.lower(), lists=left)
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
    return departure


@transaction.atomic
def come_back(contact: Contact) -> bool:
    """Undo the last unsubscribing: back on the lists it was about; answer whether it did."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    departure = Departure.objects.filter(contact=contact).order_by("-at", "-pk").first()
    if departure is None or not is_out(contact):
        return False
    places = Subscriber.objects.filter(contact=contact, left_at=departure.at)
    places.update(state=State.SUBSCRIBED, left_at=None, confirmed_at=timezone.now())
    confirm_consent(contact, "Subscribed again by the link in a mail")
    _uncount(departure)
    departure.delete()
    record("consent.confirmed", contact, by=contact, how="undone")
    note_event(contact, kind="subscribed.again", text="Subscribed again")
    return True


@transaction.atomic
def choose_lists(
    contact: Contact, wanted: Collection[NewsletterList], *, mailing_id: int | None = None
) -> None:
    """The preference page: on these lists and no others; none at all is unsubscribing."""
    if not wanted:
        unsubscribe(contact, how=Departure.How.PREFERENCES, mailing_id=mailing_id)
        return
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    now = timezone.now()
    places = Subscriber.objects.filter(contact=contact)
    stays = set(places.subscribed().values_list("list_id", flat=True))
    places.exclude(state=State.UNSUBSCRIBED).exclude(list__in=wanted).update(
        state=State.UNSUBSCRIBED, left_at=now
    )
    joined = [row for row in wanted if row.pk not in stays]
    for row in joined:
        Subscriber.objects.update_or_create(
            site_id=contact.site_id,
            list=row,
            contact=contact,
            defaults={"state": State.SUBSCRIBED, "confirmed_at": now, "left_at": None},
        )
    left = len(stays - {row.pk for row in wanted})
    if joined:
        confirm_consent(contact, "Chosen on the preference page")
    if joined or left:
        record("consent.changed", contact, by=contact, joined=len(joined), left=left)
        names = ", ".join(row.name for row in wanted)
        note_event(contact, kind="preferences.changed", text=f"Chose these lists: {names}")
    if left:
        spare_who_left(contact)


def history_of(contact: Contact) -> list[ContactEvent]:
    """What this contact chose, newest first (P7.1)."""
    return list(ContactEvent.objects.filter(contact=contact, kind__in=CHOICES).order_by("-at")[:10])


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
