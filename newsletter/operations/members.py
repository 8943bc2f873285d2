"""Put contacts on a list and take them off, by the hand of an operator."""

from django.db import transaction

from comm100.core.journal import record
from newsletter.models import NewsletterList, Subscriber
from newsletter.operations.sparing import spare_who_left
from newsletter.operations.subscription import note_list
from newsletter.suppressions import is_out
from operators.models import Operator
from visitors.models import Contact, Kind, Receipt
from visitors.operations import Said, note_choice, note_event, said_no, states_of


class ContactLeft(Exception):
    """The contact unsubscribed: only the contact can come back."""


class OwnWordNeeded(Exception):
    """People join a list for partners by themselves: nobody says yes for them (P3.3)."""


class ConsentMissing(Exception):
    """Nobody said why marketing mail may go to this contact."""


@transaction.atomic
def add_member(
    newsletter_list: NewsletterList, contact: Contact, *, by: Operator, origin: str = ""
) -> Subscriber:
    """Put a contact on a list; `origin` says where the consent came from, if none is known.

    Raises:
        ContactLeft, ConsentMissing, OwnWordNeeded
    """
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    place = Subscriber.objects.filter(list=newsletter_list, contact=contact).first()
    if is_out(contact) or (place and place.state == Subscriber.State.UNSUBSCRIBED):
        raise ContactLeft
    if place and place.state == Subscriber.State.SUBSCRIBED:
        return place
    state = states_of(contact)[newsletter_list.kind]
    if state == Receipt.State.NO and said_no(contact, newsletter_list.kind):
        raise ContactLeft
    if state != Receipt.State.YES:
        _declare_consent(contact, newsletter_list, origin, by)
    place, _ = Subscriber.objects.update_or_create(
        site_id=contact.site_id,
        list=newsletter_list,
        contact=contact,
        defaults={
            "state": Subscriber.State.SUBSCRIBED,
            "wording": origin.strip() or contact.consent_note,
        },
    )
    said = _by_hand(place.wording, by)
    note_list(contact, newsletter_list, joined=True, said=said)
    note_event(contact, kind="list.joined", text=f"Added to the list {newsletter_list.name}")
    return place


@transaction.atomic
def remove_member(place: Subscriber, *, by: Operator) -> None:
    """Take a contact off a list. Who unsubscribed stays, so that nobody is added again."""
    if place.state == Subscriber.State.UNSUBSCRIBED:
        return
    if place.state == Subscriber.State.SUBSCRIBED:
        note_list(place.contact, place.list, joined=False, said=_by_hand("", by))
    place.delete()
    spare_who_left(place.contact)
    note_event(place.contact, kind="list.left", text=f"Taken off the list {place.list.name}")


def _declare_consent(
    contact: Contact, newsletter_list: NewsletterList, origin: str, by: Operator
) -> None:
    if newsletter_list.kind == Kind.PARTNER:
        raise OwnWordNeeded
    if not origin.strip():
        raise ConsentMissing
    said = _by_hand(origin.strip()[:300], by)
    note_choice(contact, newsletter_list.kind, True, said=said)
    record("consent.declared", contact, by=by, list=newsletter_list.number)


def _by_hand(words: str, by: Operator) -> Said:
    where = Receipt.Where.OPERATOR
    return Said(by=by, where=where, words=words, note=words, by_person=False)
