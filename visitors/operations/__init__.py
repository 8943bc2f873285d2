"""What people do with contacts and their choices, custom fields and imports."""

from visitors.operations.choice import (
    Said,
    agreed_to,
    choose,
    note_choice,
    open_to,
    said_no,
    states_of,
    write_receipt,
)
from visitors.operations.contact import (
    AddressTaken,
    SaidNo,
    add_contact,
    change_consent,
    change_contact,
    contact_count,
    identify,
    move_address,
    note_event,
)

__all__ = [
    "AddressTaken",
    "Said",
    "SaidNo",
    "add_contact",
    "agreed_to",
    "change_consent",
    "change_contact",
    "choose",
    "contact_count",
    "identify",
    "move_address",
    "note_choice",
    "note_event",
    "open_to",
    "said_no",
    "states_of",
    "write_receipt",
]
