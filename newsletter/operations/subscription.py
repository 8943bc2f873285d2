"""Ask to be on a list, and confirm it: double opt-in (P7.1)."""

from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from comm100.core.addresses import normalise_email
from comm100.core.events import publish
from comm100.core.journal import record
from mail import operations as mail
from newsletter.events import SubscriptionConfirmed, SubscriptionRequested
from newsletter.models import NewsletterList, Subscriber
from visitors.models import Consent, Contact, Source
from visitors.operations import identify, note_event

UNCONFIRMED_DAYS = 30


@transaction.atomic
def request_subscription(
    newsletter_list: NewsletterList, *, email: str, name: str = "", wording: str
) -> Subscriber:
    """Note the wish and have a mail sent that asks to confirm it; asking twice is harmless."""
    contact = _contact_with(email, name)
    place, _ = Subscriber.objects.get_or_create(
        site_id=newsletter_list.site_id, list=newsletter_list, contact=contact
    )
    if place.state != Subscriber.State.SUBSCRIBED:
        place.requested_at = timezone.now()
        place.wording = wording[:400]
        place.save(update_fields=["requested_at", "wording"])
    publish(SubscriptionRequested(site_id=place.site_id, subscriber_id=place.pk))
    return place


@transaction.atomic
def confirm_subscription(place: Subscriber) -> bool:
    """The contact said yes; answer whether that changed anything."""
    place = Subscriber.objects.select_for_update().get(pk=place.pk)
    if place.state == Subscriber.State.SUBSCRIBED:
        return False
    contact = Contact.objects.select_for_update().get(pk=place.contact_id)
    now = timezone.now()
    place.state, place.confirmed_at, place.left_at = Subscriber.State.SUBSCRIBED, now, None
    place.save(update_fields=["state", "confirmed_at", "left_at"])
    confirm_consent(contact, f"Double opt-in for the list {place.list.name}")
    words = sha256(place.wording.encode()).hexdigest()
    record("consent.confirmed", place, by=contact, list=place.list.number, wording_sha256=words)
    note_event(contact, kind="list.joined", text=f"Confirmed the list {place.list.name}")
    publish(SubscriptionConfirmed(site_id=place.site_id, subscriber_id=place.pk))
    return True


def confirm_consent(contact: Contact, note: str) -> None:
    """The contact's own yes, which lifts every suppression."""
    contact.consent = Consent.CONFIRMED
    contact.consent_note = note[:300]
    contact.consent_at = timezone.now()
    contact.save(update_fields=["consent", "consent_note", "consent_at"])
    mail.unsuppress(contact)


@transaction.atomic
def forget_unconfirmed(stale: "QuerySet[Subscriber]") -> int:
    """Who asked for a list and never confirmed is no contact: forget them; answer how many."""
    people = list(stale.values_list("contact_id", flat=True))
    stale.delete()
    strangers = Contact.objects.filter(
        pk__in=people, source=Source.SUBSCRIPTION, consent=Consent.NONE
    ).exclude(pk__in=Subscriber.objects.filter(contact__in=people).values("contact"))
    for contact in strangers:
        contact.delete()
    return len(people)


def _contact_with(email: str, name: str) -> Contact:
    """The contact with this address; a stranger's form changes nothing of a known one."""
    known = Contact.objects.filter(email_norm=normalise_email(email)).first()
    return known or identify(email=email, name=name, source=Source.SUBSCRIPTION)
