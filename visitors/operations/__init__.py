"""What people do with contacts, their custom fields and imports."""

from visitors.operations.contact import (
    AddressTaken,
    add_contact,
    change_consent,
    change_contact,
    contact_count,
    identify,
    note_event,
    remove_contact,
)

__all__ = [
    "AddressTaken",
    "add_contact",
    "change_consent",
    "change_contact",
    "contact_count",
    "identify",
    "note_event",
    "remove_contact",
]
