"""Ask to be on a list, and confirm it: double opt-in (P7.1)."""

from collections.abc import Iterable
from hashlib import sha256

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from comm100.core.addresses import normalise_email
from comm100.core.events import publish
from comm100.core.journal import record
from mail import operations as mail
from newsletter.events import SubscriptionConfirmed, SubscriptionRequested
from newsletter.models import LONGEST_WORDING, NewsletterList, Subscriber
from newsletter.suppressions import is_out
from visitors.models import MAIL_KINDS, Consent, Contact, Receipt, Source
from visitors.operations import (
    Said,
    identify,
    note_choice,
    note_event,
    states_of,
    write_receipt,
)

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
        place.wording = wording[:LONGEST_WORDING]
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
    said = Said(
        by=contact,
        where=Receipt.Where.FORM,
        words=place.wording,
        note=f"Double opt-in for the list {place.list.name}",
        at=now,
    )
    say_yes(contact, place.list.kind, said=said)
    note_list(contact, place.list, joined=True, said=said)
    words = sha256(place.wording.encode()).hexdigest()
    record("consent.confirmed", place, by=contact, list=place.list.number, wording_sha256=words)
    note_event(contact, kind="list.joined", text=f"Confirmed the list {place.list.name}")
    publish(SubscriptionConfirmed(site_id=place.site_id, subscriber_id=place.pk))
    return True


def say_yes(contact: Contact, kind: int, *, said: Said) -> None:
    """The contact's own yes, which lifts every suppression; other mail was off and stays off."""
    if is_out(contact):
        refuse(contact, [other for other in MAIL_KINDS if other != kind], said=said)
    note_choice(contact, kind, True, said=said)
    mail.unsuppress(contact)


def refuse(contact: Contact, kinds: Iterable[int], *, said: Said) -> list[int]:
    """No to each of these kinds that was open until now; answer which."""
    states = states_of(contact)
    open_kinds = [kind for kind in kinds if states[kind] == Receipt.State.YES]
    for kind in open_kinds:
        note_choice(contact, kind, False, said=said)
    return open_kinds


def note_list(
    contact: Contact, newsletter_list: NewsletterList, *, joined: bool, said: Said
) -> None:
    """The receipt of joining or leaving one list."""
    no, yes = Receipt.State.NO, Receipt.State.YES
    before, after = (no, yes) if joined else (yes, no)
    about = f"list:{newsletter_list.number}"
    write_receipt(contact, newsletter_list.kind, before, after, said=said, about=about)


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
