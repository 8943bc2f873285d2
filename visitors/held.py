"""What is held of a contact, as pages tell it."""

from typing import Any

from comm100.core.personal_data import Holding, holding_of
from privacy.copying import summary
from visitors.models import Contact, ContactCopy, ContactErasure
from visitors.operations.erasing import is_going
from visitors.persons import person_of

ALWAYS_STAYS = ("mail.Suppression", "core.JournalEntry")


def facts_of(contact: Contact) -> dict[str, Any]:
    """The tables with their counts, those that stay, copies, and whether they are erased now."""
    held = [one for one in summary(person_of(contact)) if one[0].model is not ContactErasure]
    return {
        "contact": contact,
        "held": held,
        "stays": _staying([holding for holding, _ in held]),
        "copies": ContactCopy.objects.kept().filter(contact=contact),
        "is_going": is_going(contact),
    }


def _staying(held: list[Holding]) -> list[Holding]:
    labels = dict.fromkeys([*ALWAYS_STAYS, *(one.label for one in held)])
    found = [holding_of(label) for label in labels]
    return [holding for holding in found if holding and holding.stays]
