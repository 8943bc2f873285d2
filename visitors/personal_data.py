"""What is held of the contacts of a site and of its visitors."""

from typing import Any

from django.db.models import QuerySet

from comm100.core.personal_data import Holding, Person, Purpose, Whose, hold, tells_of_nobody
from visitors.models import (
    Choice,
    Contact,
    ContactCopy,
    ContactErasure,
    ContactEvent,
    Identification,
    Import,
    LinkClick,
    PageView,
    Receipt,
    RefusedRow,
    Visitor,
)
from visitors.operations.copies import drop_copies_of
from visitors.operations.refused import refused_with
from visitors.operations.uploads import blank_lines_of, lines_of
from visitors.visits.farewell import forget_visits_of

CONTACT = "As long as the contact."
RAW = "Ninety days after it happened; the IP address whole for thirty days. Counts by day stay."
SEEN = (Purpose.IMPROVING, Purpose.PERSONALISING)


def _of_visitors(model: Any) -> Any:
    def find(person: Person) -> "QuerySet[Any]":
        visitors = Visitor.objects.filter(contact=person.pk).order_by().values("pk")
        rows: QuerySet[Any] = model.objects.filter(visitor__in=visitors)
        return rows

    return find


def _receipts_of(person: Person) -> "QuerySet[Receipt]":
    contact = Contact.objects.filter(pk=person.pk).first()
    return Receipt.objects.of(contact) if contact else Receipt.objects.filter(contact_id=person.pk)


hold(
    Holding(
        model=Contact,
        title="Contacts",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE, Purpose.MARKETING),
        kept="Until the site or the person has it erased.",
        columns=(
            "number", "email", "email_norm", "email_hash", "name", "time_zone", "fields", "source",
            "consent", "consent_note", "consent_at", "created_at", "updated_at",
        ),
        of_contact=lambda person: Contact.objects.filter(pk=person.pk),
    ),
    Holding(
        model=ContactErasure,
        title="Contacts that are being erased",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        kept="Until the erasure is done.",
        columns=("asked_at", "asked_by"),
        of_contact=lambda person: ContactErasure.objects.filter(contact_id=person.pk),
        stays="It is the wish itself, a number, and goes with the last step.",
    ),
    Holding(
        model=ContactCopy,
        title="Copies of what is held of a contact",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        kept="Seven days.",
        columns=("number", "asked_at", "asked_by", "made_at", "expires_at", "size"),
        secrets=("stored_as",),
        of_contact=lambda person: ContactCopy.objects.filter(contact=person.pk),
        erase=drop_copies_of,
        erasing="The rows and the files are deleted.",
    ),
    Holding(
        model=ContactEvent,
        title="Timelines",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE, Purpose.PROOF),
        kept=CONTACT,
        columns=("at", "kind", "text", "url"),
        of_contact=lambda person: ContactEvent.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Choice,
        title="What people chose",
        whose=Whose.CONTACT,
        purposes=(Purpose.MARKETING, Purpose.PERSONALISING),
        kept=CONTACT,
        columns=("kind", "agreed", "by_person", "at"),
        of_contact=lambda person: Choice.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Receipt,
        title="Receipts of what people chose",
        whose=Whose.CONTACT,
        purposes=(Purpose.PROOF,),
        kept="As long as the site.",
        columns=("at", "kind", "about", "before", "after", "by", "where", "policy_version"),
        harmless=("wording_digest",),
        of_contact=_receipts_of,
        stays="It has the number of the person and no content, and proves to what they agreed.",
    ),
    Holding(
        model=Import,
        title="Files of contacts that are imported",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        kept="The file until it is imported, at most seven days; its numbers as long as the site.",
        harmless=(
            "file_name", "stored_as", "dialect", "mapping", "header", "destinations",
            "consent_note", "problem",
        ),
        copied=lambda person: lines_of(person) if person.kind == "contact" else iter(()),
        erase=lambda person: blank_lines_of(person) if person.kind == "contact" else 0,
        searched=True,
        erasing="The person’s lines are blanked in every file that still waits.",
    ),
    Holding(
        model=RefusedRow,
        title="Rows of an import that were refused",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
        kept="Ninety days after the upload.",
        columns=("line", "row", "reason"),
        of_contact=refused_with,
        searched=True,
        erasing="Rows that hold the person’s address are deleted.",
    ),
    Holding(
        model=Identification,
        title="How a visitor said who they are",
        whose=Whose.CONTACT,
        purposes=(Purpose.PROOF,),
        kept="As long as the visitor, at most ninety days after the last visit.",
        columns=("how", "where", "at"),
        of_contact=lambda person: Identification.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Visitor,
        title="Visitors",
        whose=Whose.VISITOR,
        purposes=SEEN,
        kept=RAW,
        columns=(
            "browser", "language", "ip", "last_page", "first_seen", "last_seen", "personalise",
        ),
        secrets=("key",),
        of_contact=lambda person: Visitor.objects.filter(contact=person.pk),
        erase=forget_visits_of,
    ),
    Holding(
        model=PageView,
        title="Pages viewed",
        whose=Whose.VISITOR,
        purposes=SEEN,
        kept=RAW,
        columns=("at", "page"),
        of_contact=_of_visitors(PageView),
    ),
    Holding(
        model=LinkClick,
        title="Links clicked",
        whose=Whose.VISITOR,
        purposes=SEEN,
        kept=RAW,
        columns=("at", "page", "link"),
        of_contact=_of_visitors(LinkClick),
    ),
)  # fmt: skip
tells_of_nobody(
    visitors_CustomField="Names of columns that a site made.",
    visitors_Wording="Words that people agree to; who did stands in the receipts.",
    visitors_VisitCount="Counts by day.",
)
