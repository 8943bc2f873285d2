"""What contacts add to the first page of a site and to its journal."""

from operators import chronicle, dashboard
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
