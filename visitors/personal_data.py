"""What is held of the contacts of a site and of its visitors."""

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from comm100.core.personal_data import Holding, Person, Purpose, Whose, hold, tells_of_nobody
from comm100.core.stores import VALKEY, Store, keep_beside, keys_of_nobody
from privacy.models.wish import KEPT
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
from visitors.operations.imports import WAITS
from visitors.operations.refused import refused_with
from visitors.operations.uploads import blank_lines_of, lines_of
from visitors.visits.buffer import COUNTED_FOR, FILE_SECONDS, stream
from visitors.visits.farewell import forget_visits_of

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
        columns=("asked_at", "asked_by"),
        of_contact=lambda person: ContactErasure.objects.filter(contact_id=person.pk),
        stays="It is the wish itself, a number, and goes with the last step.",
    ),
    Holding(
        model=ContactCopy,
        title="Copies of what is held of a contact",
        whose=Whose.CONTACT,
        purposes=(Purpose.SERVICE,),
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
        columns=("at", "kind", "text", "url"),
        of_contact=lambda person: ContactEvent.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Choice,
        title="What people chose",
        whose=Whose.CONTACT,
        purposes=(Purpose.MARKETING, Purpose.PERSONALISING),
        columns=("kind", "agreed", "by_person", "at"),
        of_contact=lambda person: Choice.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Receipt,
        title="Receipts of what people chose",
        whose=Whose.CONTACT,
        purposes=(Purpose.PROOF,),
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
        columns=("how", "where", "at"),
        of_contact=lambda person: Identification.objects.filter(contact=person.pk),
    ),
    Holding(
        model=Visitor,
        title="Visitors",
        whose=Whose.VISITOR,
        purposes=SEEN,
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
        columns=("at", "page"),
        of_contact=_of_visitors(PageView),
    ),
    Holding(
        model=LinkClick,
        title="Links clicked",
        whose=Whose.VISITOR,
        purposes=SEEN,
        columns=("at", "page", "link"),
        of_contact=_of_visitors(LinkClick),
    ),
)  # fmt: skip
keep_beside(
    Store(
        key="visitors.waiting_events",
        title="Visits on their way into the tables",
        whose=(Whose.VISITOR,),
        purposes=SEEN,
        facts=("page", "link", "browser", "language", "IP address", "a code of the visitor"),
        where=VALKEY,
        until="rows are made of them, every two seconds",
        ends="They are dropped when their rows are committed. While no worker is there they wait.",
        erasing="A farewell goes the same way, and takes along what waits before it.",
        keys=(stream(),),
    ),
    Store(
        key="visitors.counters",
        title="How many visits one network told in the last seconds",
        whose=(Whose.VISITOR,),
        purposes=(Purpose.SECURITY,),
        facts=("how many", "a keyed code in place of the IP address, another one every time"),
        where=VALKEY,
        keeps=timedelta(seconds=COUNTED_FOR),
        ends="Valkey drops each when its time is over.",
        erasing="It is gone before anybody could ask.",
        keys=(f"{stream()}:[0-9]*:[0-9]*:*",),
    ),
    Store(
        key="visitors.append_only_file",
        title="What Valkey wrote down, also of what it dropped since",
        whose=(Whose.VISITOR,),
        purposes=(Purpose.SERVICE,),
        facts=("visits that became rows", "counters that ended"),
        where="The append-only file of Valkey, on disk",
        keeps=timedelta(seconds=FILE_SECONDS),
        until="it is written anew",
        ends="Every day Valkey is told to write the file anew, with nothing but what it holds.",
        erasing="It goes with the next writing.",
    ),
    Store(
        key="visitors.uploads",
        title="Uploaded files of contacts",
        whose=(Whose.CONTACT,),
        purposes=(Purpose.SERVICE,),
        facts=("the file as it was uploaded",),
        where="Below media/sites/, under a random name",
        keeps=WAITS,
        until="it is imported",
        ends="It is deleted with the last row, with the import, or by the night; what a crash left "
        "over goes a day later.",
        erasing="The person’s lines are overwritten.",
    ),
    Store(
        key="visitors.copies",
        title="Files of copies for contacts",
        whose=(Whose.CONTACT,),
        purposes=(Purpose.SERVICE,),
        facts=("everything that the site holds of one person",),
        where="Below media/sites/, under a random name",
        keeps=KEPT,
        ends="They are deleted by the night; what a crash left over goes a day later.",
        erasing="They are deleted.",
    ),
)
keys_of_nobody(
    {
        f"{stream()}:mover": "Which worker makes rows of visits.",
        f"{stream()}:[0-9]*:[0-9]*": "How many visits a site told in the last seconds.",
    }
)
tells_of_nobody(
    visitors_CustomField="Names of columns that a site made.",
    visitors_Wording="Words that people agree to; who did stands in the receipts.",
    visitors_VisitCount="Counts by day.",
)
