"""What people do with contacts: add, change, remove; how apps above make one known."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from comm100.core.addresses import normalise_email
from comm100.core.events import publish
from comm100.core.journal import Actor, record
from comm100.core.models import Counter, take_numbers
from comm100.core.tenancy import current_site_id
from operators.models import Operator
from visitors.events import ContactAdded, ContactChanged
from visitors.models import Consent, Contact, ContactEvent, Kind, Receipt, Source
from visitors.operations.choice import Said, note_choice, said_no


class SaidNo(ValueError):
    """The contact said no to marketing mail: only they say yes again."""


class AddressTaken(ValueError):
    """Another contact of the site has the address already: `contact`."""

    def __init__(self, contact: Contact) -> None:
        super().__init__(contact.pk)
        self.contact = contact


def contact_count() -> int:
    """Contacts of the site in context, from the counter that the database keeps."""
    return Counter.objects.filter(name="contacts").values_list("last", flat=True).first() or 0


@transaction.atomic
def add_contact(
    *,
    email: str,
    name: str = "",
    fields: dict[str, str] | None = None,
    time_zone: str = "",
    agreement: tuple[int, str] = (Consent.NONE, ""),
    by: Operator,
) -> Contact:
    """Add somebody by hand; `agreement`: consent, and the note that proves it.

    Raises:
        AddressTaken: the site knows the address.
    """
    number = take_numbers("contact")  # first: its lock lets one at a time create a contact
    _refuse_taken(email)
    contact = Contact(
        site_id=by.site_id,
        number=number,
        name=name,
        source=Source.OPERATOR,
        fields=fields or {},
        time_zone=time_zone,
    )
    contact.set_email(email)
    contact.save()
    _raise_consent(contact, *agreement, by=by)
    publish(ContactAdded(site_id=contact.site_id, contact_id=contact.pk))
    return contact


@transaction.atomic
def change_contact(
    contact: Contact,
    *,
    email: str,
    name: str,
    fields: dict[str, str],
    time_zone: str = "",
    by: Operator,
) -> Contact:
    """Correct what is known of a contact.

    Raises:
        AddressTaken: another contact of the site has the address.
    """
    take_numbers("contact", 0)  # the lock of add_contact
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    _refuse_taken(email, besides=contact)
    contact.set_email(email)
    contact.name, contact.time_zone = name, time_zone
    contact.fields = contact.fields | fields
    contact.fields = {key: value for key, value in contact.fields.items() if value}
    contact.updated_at = timezone.now()
    contact.save()
    publish(ContactChanged(site_id=contact.site_id, contact_id=contact.pk))
    return contact


@transaction.atomic
def move_address(contact: Contact, *, email: str) -> Contact:
    """The person has another address now, and it is proven theirs; their choices go with them.

    Raises:
        AddressTaken: another contact of the site has the address.
    """
    take_numbers("contact", 0)  # the lock of add_contact
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    _refuse_taken(email, besides=contact)
    contact.set_email(email)
    contact.updated_at = timezone.now()
    contact.save(update_fields=["email", "email_norm", "email_hash", "updated_at"])
    publish(ContactChanged(site_id=contact.site_id, contact_id=contact.pk))
    return contact


@transaction.atomic
def change_consent(contact: Contact, *, consent: int, note: str, by: Operator) -> Contact:
    """Declare or withdraw consent by hand; journal and receipt tell who did.

    Raises:
        SaidNo: they said no themselves.
    """
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if (consent, note) == (contact.consent, contact.consent_note):
        return contact
    if consent and said_no(contact):
        raise SaidNo
    if bool(consent) != bool(contact.consent):
        note_choice(contact, Kind.MARKETING, bool(consent), said=_by_hand(note, by))
    contact.consent, contact.consent_note = consent, note
    contact.consent_at = contact.updated_at = timezone.now()
    contact.save()
    _prove_consent(contact, by=by)
    publish(ContactChanged(site_id=contact.site_id, contact_id=contact.pk))
    return contact


@transaction.atomic
def identify(
    *,
    email: str,
    name: str = "",
    source: int,
    fields: dict[str, str] | None = None,
    consent: int = Consent.NONE,
    consent_note: str = "",
) -> Contact:
    """The contact with this address in the site in context: known, or made now.

    What is not empty replaces what was known; consent rises and never falls.
    """
    norm = normalise_email(email)
    contact = Contact.objects.select_for_update().filter(email_norm=norm).first()
    if contact is None:
        number = take_numbers("contact")
        contact = Contact.objects.select_for_update().filter(email_norm=norm).first()
        if contact is None:
            return _made(email, name, source, fields or {}, (consent, consent_note), number)
    before = (contact.name, contact.fields)
    contact.name = name or contact.name
    contact.fields = contact.fields | (fields or {})
    rises = _raise_consent(contact, consent, consent_note, by=contact)
    if rises or before != (contact.name, contact.fields):
        contact.updated_at = timezone.now()
        contact.save()
    return contact


@transaction.atomic
def note_event(
    contact: Contact, *, kind: str, text: str, url: str = "", at: datetime | None = None
) -> ContactEvent:
    """Put a line on a contact's timeline; `url` leads to what it tells of."""
    return ContactEvent.objects.create(
        site_id=contact.site_id,
        contact=contact,
        kind=kind,
        text=text[:300],
        url=url,
        at=at or timezone.now(),
    )


def _made(
    email: str,
    name: str,
    source: int,
    fields: dict[str, str],
    consent: tuple[int, str],
    number: int,
) -> Contact:
    contact = Contact(
        site_id=current_site_id() or 0, number=number, name=name, source=source, fields=fields
    )
    contact.set_email(email)
    contact.save()
    _raise_consent(contact, *consent, by=contact)
    publish(ContactAdded(site_id=contact.site_id, contact_id=contact.pk))
    return contact


def _refuse_taken(email: str, besides: Contact | None = None) -> None:
    others = Contact.objects.filter(email_norm=normalise_email(email))
    if taken := others.exclude(pk=besides.pk if besides else 0).first():
        raise AddressTaken(taken)


def _raise_consent(contact: Contact, consent: int, note: str, *, by: Actor) -> bool:
    """Consent never falls here, nor does it overrule a no; answer whether it rose."""
    if consent <= contact.consent or said_no(contact):
        return False
    if contact.consent == Consent.NONE:
        note_choice(contact, Kind.MARKETING, True, said=_by_hand(note, by))
    contact.consent, contact.consent_note, contact.consent_at = consent, note[:300], timezone.now()
    contact.save(update_fields=["consent", "consent_note", "consent_at"])
    _prove_consent(contact, by=by)
    return True


def _by_hand(note: str, by: Actor) -> Said:
    where = Receipt.Where.OPERATOR
    return Said(by=by, where=where, words=note, note=note, by_person=False)


def _prove_consent(contact: Contact, *, by: Actor) -> None:
    record("contact.consent", contact, by=by, consent=Consent(contact.consent).name.lower())
