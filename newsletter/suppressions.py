"""Whether somebody said no: the suppressions that are a wish, not a fault of the address."""

from mail.models import Suppression
from visitors.models import Contact

BY_WISH = (
    Suppression.Reason.UNSUBSCRIBED,
    Suppression.Reason.COMPLAINT,
    Suppression.Reason.OPERATOR,
)


def is_out(contact: Contact) -> bool:
    """Whether no marketing mail goes there, by the contact's own wish or an operator's."""
    hashed = bytes(contact.email_hash)
    return Suppression.objects.filter(address_hash=hashed, reason__in=BY_WISH).exists()
