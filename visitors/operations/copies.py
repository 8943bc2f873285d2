"""Copies of what a site holds of a contact: wished, made, dropped when their week is over."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Site
from comm100.core.events import publish
from comm100.core.journal import Actor, record
from comm100.core.models import take_numbers
from comm100.core.personal_data import STEP, Person
from comm100.core.storage import drop_file, kept_file, new_file, site_path
from comm100.core.tenancy import current_site_id, working_for
from privacy.copying import write_copy
from visitors.events import CopyAsked, CopyMade
from visitors.models import Contact, ContactCopy
from visitors.persons import part_of

COPIES = "contact-copies"  # the folder of a site where they are kept; not that of whole sites
FRESH = timedelta(minutes=10)  # who asks again meanwhile gets the same


@transaction.atomic
def ask_copy(contact: Contact, *, by: Actor) -> ContactCopy:
    """Wish for a copy; one that waits, or was made just now, is the answer to a second wish."""
    Contact.objects.select_for_update().get(pk=contact.pk)
    mine = ContactCopy.objects.kept().filter(contact=contact, asked_by=by.actor_name)
    known = mine.filter(asked_at__gt=timezone.now() - FRESH).first()
    if known:
        return known
    copy = ContactCopy.objects.create(
        site_id=contact.site_id,
        number=take_numbers("contact_copy"),
        contact=contact,
        asked_by=by.actor_name,
    )
    record("contact.copy_asked", contact, by=by, number=contact.number)
    publish(CopyAsked(site_id=contact.site_id, contact_id=contact.pk, copy_id=copy.pk))
    return copy


def make_copy(copy_id: int) -> bool:
    """Write the file; safe to run twice: of two files one is dropped. Opens its transactions."""
    site_id = current_site_id() or 0
    with working_for(site_id):
        copy = _wanted(copy_id)
        where = Site.objects.get(pk=site_id).slug
    if copy is None:
        return False
    stored_as = site_path(site_id, COPIES, ".zip")
    with new_file(stored_as) as file:
        write_copy(file, [part_of(copy.contact, where=where)])
    with working_for(site_id):
        return _keep(copy_id, stored_as)


def _wanted(copy_id: int) -> ContactCopy | None:
    rows = ContactCopy.objects.kept().filter(pk=copy_id, made_at=None)
    return rows.select_related("contact").first()


def _keep(copy_id: int, stored_as: str) -> bool:
    copy = ContactCopy.objects.select_for_update().filter(pk=copy_id, made_at=None).first()
    if copy is None:  # made by another, or erased meanwhile
        drop_file(stored_as)
        return False
    copy.stored_as, copy.made_at = stored_as, timezone.now()
    copy.size = kept_file(stored_as).stat().st_size
    copy.save(update_fields=["stored_as", "made_at", "size"])
    publish(CopyMade(site_id=copy.site_id, contact_id=copy.contact_id, copy_id=copy.pk))
    return True


@transaction.atomic
def drop_copies_of(person: Person) -> int:
    """They hold everything that is to go."""
    some = ContactCopy.objects.filter(contact=person.pk).order_by("pk").values("pk")[:STEP]
    return drop_copies(ContactCopy.objects.filter(pk__in=some))


def drop_copies(rows: "QuerySet[ContactCopy]") -> int:
    """The rows and their files; answer how many."""
    some = list(rows.select_for_update())
    for copy in some:
        drop_file(copy.stored_as)
    ContactCopy.objects.filter(pk__in=[copy.pk for copy in some]).delete()
    return len(some)
