"""Put contacts on a list and take them off, by the hand of an operator."""

from collections.abc import Collection

from django.db import connection, transaction
from django.utils import timezone

from comm100.core.journal import record
from newsletter.models import NewsletterList, Subscriber
from newsletter.operations.sparing import spare_who_left
from newsletter.suppressions import BY_WISH, is_out
from operators.models import Operator
from visitors.models import Consent, Contact
from visitors.operations import note_event


class ContactLeft(Exception):
    """The contact unsubscribed: only the contact can come back."""


class ConsentMissing(Exception):
    """Nobody said why marketing mail may go to this contact."""


@transaction.atomic
def add_member(
    newsletter_list: NewsletterList, contact: Contact, *, by: Operator, origin: str = ""
) -> Subscriber:
    """Put a contact on a list; `origin` says where the consent came from, if none is known.

    Raises:
        ContactLeft, ConsentMissing
    """
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    place = Subscriber.objects.filter(list=newsletter_list, contact=contact).first()
    if is_out(contact) or (place and place.state == Subscriber.State.UNSUBSCRIBED):
        raise ContactLeft
    if place and place.state == Subscriber.State.SUBSCRIBED:
        return place
    if contact.consent == Consent.NONE:
        _declare_consent(contact, origin, by)
    place, _ = Subscriber.objects.update_or_create(
        site_id=contact.site_id,
        list=newsletter_list,
        contact=contact,
        defaults={"state": Subscriber.State.SUBSCRIBED, "wording": contact.consent_note},
    )
    note_event(contact, kind="list.joined", text=f"Added to the list {newsletter_list.name}")
    return place


@transaction.atomic
def remove_member(place: Subscriber, *, by: Operator) -> None:
    """Take a contact off a list. Who unsubscribed stays, so that nobody is added again."""
    if place.state == Subscriber.State.UNSUBSCRIBED:
        return
    place.delete()
    spare_who_left(place.contact)
    note_event(place.contact, kind="list.left", text=f"Taken off the list {place.list.name}")


def subscribe_staged(lists: Collection[int]) -> None:
    """Put the people of an import's chunk on lists; who unsubscribed before stays away.

    They stand in the temporary table of visitors/destinations.py, with declared consent.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO newsletter_subscriber
              (site_id, list_id, contact_id, state, wording, requested_at)
            SELECT l.site_id, l.id, i.contact_id, %s, c.consent_note, now()
            FROM newsletter_newsletterlist l, import_contact i
            JOIN visitors_contact c ON c.id = i.contact_id
            WHERE l.id = ANY(%s) AND l.removed_at IS NULL AND c.consent > 0
              AND NOT EXISTS (SELECT 1 FROM mail_suppression s
                WHERE s.site_id = l.site_id AND s.address_hash = c.email_hash
                  AND s.reason = ANY(%s))
            ON CONFLICT (site_id, list_id, contact_id) DO UPDATE SET state = EXCLUDED.state
              WHERE newsletter_subscriber.state = %s""",
            [Subscriber.State.SUBSCRIBED, list(lists), list(BY_WISH), Subscriber.State.PENDING],
        )


def _declare_consent(contact: Contact, origin: str, by: Operator) -> None:
    if not origin.strip():
        raise ConsentMissing
    contact.consent = Consent.DECLARED
    contact.consent_note = origin.strip()[:300]
    contact.consent_at = timezone.now()
    contact.save(update_fields=["consent", "consent_note", "consent_at"])
    record("consent.declared", contact, by=by)
