"""A contact says yes or no to something; each change leaves a receipt (P7.1).

`choose` is the verb of the preference page. Operations that have an entry in the journal of their
own (unsubscribing, confirming a subscription) call `note_choice`, which writes none.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from comm100.core.documents import version_today
from comm100.core.events import publish
from comm100.core.journal import Actor, record
from visitors.events import ChoiceMade
from visitors.models import Choice, Consent, Contact, Kind, Receipt, Visitor, Wording

State = Receipt.State


@dataclass(frozen=True, kw_only=True)
class Said:
    """How a choice was made: by whom, where, to which words; `at` ties several together.

    note: what stands with the contact's consent, the place when empty. by_person: not an operator.
    """

    by: Actor
    where: int
    words: str = ""
    note: str = ""
    at: datetime | None = None
    by_person: bool = True


def states_of(contact: Contact) -> dict[int, int]:
    """Kind → what holds for the contact, whether they said it or not."""
    said = dict(Choice.objects.filter(contact=contact).values_list("kind", "agreed"))
    return {kind: _state(said.get(kind), contact, kind) for kind in Kind}


def said_no(contact: Contact, kind: int = Kind.MARKETING) -> bool:
    """Whether the contact's own no stands: no operator and no import speaks against it."""
    own = Choice.objects.filter(contact=contact, kind=kind, by_person=True)
    return own.filter(agreed=False).exists()


def agreed_to(contact: Contact, kind: int) -> bool:
    return states_of(contact)[kind] == State.YES


def open_to(kind: int) -> QuerySet[Contact]:
    """Contacts of the site to whom mail of this kind may go."""
    said = Choice.objects.filter(contact=OuterRef("pk"), kind=kind)
    if kind == Kind.MARKETING:
        return Contact.objects.with_consent().exclude(Exists(said.filter(agreed=False)))
    return Contact.objects.filter(Exists(said.filter(agreed=True)))


@transaction.atomic
def choose(contact: Contact, kind: int, agreed: bool, *, said: Said) -> bool:
    """Say yes or no; answer whether that changed anything."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    if not note_choice(contact, kind, agreed, said=said):
        return False
    words = {"kind": Kind(kind).name.lower(), "said": "yes" if agreed else "no"}
    where = Receipt.Where(said.where).name.lower()
    record("consent.chosen", contact, by=said.by, where=where, **words)
    return True


def note_choice(contact: Contact, kind: int, agreed: bool, *, said: Said) -> bool:
    """The choice and its receipt, for a contact whose row is locked; no entry in the journal.

    Answers False when it was so before. The contact's own no stands against an operator's yes.
    """
    present = Choice.objects.filter(contact=contact, kind=kind).first()
    before = _state(present.agreed if present else None, contact, kind)
    after = State.YES if agreed else State.NO
    if present and present.by_person and not present.agreed and agreed and not said.by_person:
        return False
    if present and before == after and present.by_person >= said.by_person:
        return False
    Choice.objects.update_or_create(
        site_id=contact.site_id,
        contact=contact,
        kind=kind,
        defaults={"agreed": agreed, "by_person": said.by_person, "at": said.at or timezone.now()},
    )
    _follow(contact, kind, agreed, said)
    write_receipt(contact, kind, before, after, said=said)
    publish(
        ChoiceMade(
            site_id=contact.site_id,
            contact_id=contact.pk,
            kind=kind,
            agreed=agreed,
            by_person=said.by_person,
        )
    )
    return True


def write_receipt(
    contact: Contact, kind: int, before: int, after: int, *, said: Said, about: str = ""
) -> Receipt:
    """One row that stands for good; `about` names what within the kind it was about."""
    return Receipt.objects.create(
        site_id=contact.site_id,
        contact_id=contact.pk,
        kind=kind,
        about=about,
        before=before,
        after=after,
        at=said.at or timezone.now(),
        by=said.by.actor_name,
        where=said.where,
        wording_digest=Wording.objects.keep(contact.site_id, said.words),
        policy_version=version_today("policy"),
    )


def _state(agreed: bool | None, contact: Contact, kind: int) -> int:
    if agreed is not None:
        return State.YES if agreed else State.NO
    if kind == Kind.MARKETING and contact.consent != Consent.NONE:
        return State.YES
    return State.UNSAID


def _follow(contact: Contact, kind: int, agreed: bool, said: Said) -> None:
    """What else is true with it: the ground for marketing mail, visits that stay nameless."""
    if kind == Kind.PERSONALISE and not agreed:
        Visitor.objects.filter(contact=contact).update(personalise=False)
    if kind == Kind.MARKETING:
        ground = Consent.CONFIRMED if said.by_person else Consent.DECLARED
        contact.consent = ground if agreed else Consent.NONE
        contact.consent_note = (said.note or Receipt.Where(said.where).label)[:300]
        contact.consent_at = said.at or timezone.now()
        contact.save(update_fields=["consent", "consent_note", "consent_at"])
