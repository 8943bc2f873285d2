"""What contacts add to the first page of a site and to its journal."""

from functools import partial
from typing import Any

from django.db.models import F, OuterRef, Subquery

from operators import chronicle, dashboard
from operators.records import know_by
from visitors.models import Contact, CustomField, Receipt, Wording
from visitors.operations import contact_count


def join() -> None:
    """Called once, when the app is ready."""
    dashboard.register_step(
        dashboard.Step(
            label="Bring your contacts",
            text="Import a CSV file from your shop, your mailbox or another service.",
            url_name="visitors:import_new",
            action="Import contacts",
            permission="contacts:import",
            done=lambda _: contact_count() > 0,
            order=20,
        )
    )
    know_by(Wording, partial(F, "text"))
    know_by(CustomField, partial(F, "label"))
    know_by(Receipt, _contact_of_a_receipt, of=Contact._meta.db_table)
    chronicle.tell(
        import_started="started an import",
        import_cancelled="cancelled an import after {created:new contact}",
        contacts_imported="imported contacts: {created} new, {updated} updated, {refused} refused",
        contact_consent="noted the consent of a contact",
        contact_removed="removed a contact",
        contact_copy_asked="asked for a copy of all data of contact {number}",
        contact_copy_fetched="downloaded the copy of all data of contact {number}",
        contact_erasure_asked="asked to erase contact {number}",
        contact_erased="erased contact {number} with {rows:record} of theirs",
    )
    chronicle.label(
        contact_consent="Consent of a contact noted",
        contact_copy_asked="Copy of a contact asked for",
        contact_copy_fetched="Copy of a contact downloaded",
        contact_erasure_asked="Erasure of a contact asked for",
    )


def _contact_of_a_receipt() -> Any:
    """Receipts outlive contacts, so they hold an id and no reference."""
    return Subquery(Contact.objects.filter(pk=OuterRef("contact_id")).values("number")[:1])
