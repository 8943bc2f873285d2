"""A contact is erased: all that a site holds of them, step by step, and last the contact itself.

Removing a contact is the same act. What stays, and why, says the register (docs/personal-data.md).
"""

from django.db import transaction
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import Actor, record
from comm100.core.letters import send_unkept
from comm100.core.tenancy import current_site_id, working_for
from privacy.erasing import SLICE_SECONDS, Work, claim, erase_all_but, note
from visitors.events import ErasureAsked
from visitors.mails import erased_letter
from visitors.models import Contact, ContactErasure
from visitors.persons import part_of


@transaction.atomic
def ask_erasure(contact: Contact, *, by: Actor, tell: bool) -> ContactErasure:
    """Begin to erase; a second wish changes nothing. tell: by one last letter that it is done."""
    erasure, is_new = ContactErasure.objects.get_or_create(
        site_id=contact.site_id,
        contact_id=contact.pk,
        defaults={"asked_by": by.actor_name, "tell": tell},
    )
    if is_new:
        record("contact.erasure_asked", contact, by=by, number=contact.number)
        publish(
            ErasureAsked(
                site_id=contact.site_id,
                contact_id=contact.pk,
                erasure_id=erasure.pk,
                by_the_contact=by.actor_name == contact.actor_name,
            )
        )
    return erasure


def is_going(contact: Contact) -> bool:
    return ContactErasure.objects.filter(contact_id=contact.pk).exists()


def erase_contact(erasure_id: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """One run; answer whether another is to follow at once. Opens its own transactions."""
    site_id, work = current_site_id() or 0, Work.begin(seconds)
    with working_for(site_id):
        erasure, contact = _claimed(erasure_id)
    if erasure is None or contact is None:
        return False
    parts = [part_of(contact, where="")]
    erase_all_but(Contact, parts, work)
    if work.is_done:
        _tell(erasure, contact, work)
    with working_for(site_id):
        note(erasure, work)
        if work.is_done:
            _end(erasure)
    return not (work.is_done or work.must_wait)


def _claimed(erasure_id: int) -> tuple[ContactErasure | None, Contact | None]:
    erasure = ContactErasure.objects.filter(pk=erasure_id).first()
    if erasure is None or not claim(erasure):
        return None, None
    contact = Contact.objects.select_related("site").filter(pk=erasure.contact_id).first()
    if contact is None:
        erasure.delete()
    return erasure, contact


def _tell(erasure: ContactErasure, contact: Contact, work: Work) -> None:
    """The one last letter, while the address is known; it waits for a mail server, but a day."""
    if not erasure.tell or not erasure.waits_for_letter:
        return
    with working_for(contact.site_id):
        sent = send_unkept(erased_letter(contact))
        if sent:
            ContactErasure.objects.filter(pk=erasure.pk).update(told_at=timezone.now())
    work.is_done, work.must_wait = sent, not sent


def _end(erasure: ContactErasure) -> None:
    """The contact itself, with what came in between; the journal keeps that there was one."""
    contact = Contact.objects.select_for_update().get(pk=erasure.contact_id)
    facts = {"number": contact.number, "rows": erasure.rows}
    record("contact.erased", contact, by=erasure.asked_by, **facts)
    contact.delete()
    erasure.delete()
