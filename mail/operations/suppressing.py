"""Who gets no more marketing mail of a site, and who may again."""

from django.db import transaction

from comm100.core.events import publish
from mail.events import ContactSuppressed, ContactUnsuppressed
from mail.models import Mailing, Suppression
from mail.operations.counting import count_one
from visitors.models import Contact

Reason = Suppression.Reason


@transaction.atomic
def suppress(contact: Contact, *, reason: int, mailing: Mailing | None = None) -> bool:
    """No marketing mail to this contact from now on; acts within one batch of a running mailing.

    Answers whether that is new. An address that does not exist outweighs every other reason:
    it alone stops transactional mail too (P7.4).
    """
    row, is_new = Suppression.objects.get_or_create(
        site_id=contact.site_id,
        address_hash=contact.email_hash,
        defaults={"contact": contact, "reason": reason, "mailing": mailing},
    )
    if not is_new:
        if reason == Reason.HARD_BOUNCE != row.reason:
            row.reason = reason
            row.save(update_fields=["reason"])
        return False
    if mailing and reason == Reason.UNSUBSCRIBED:
        count_one(mailing.pk, "unsubscribed")
    publish(
        ContactSuppressed(
            site_id=contact.site_id,
            contact_id=contact.pk,
            mailing_id=mailing.pk if mailing else None,
            reason=reason,
        )
    )
    return True


@transaction.atomic
def unsuppress(contact: Contact) -> bool:
    """Marketing mail may go there again: the contact asked for it; answers whether it was off."""
    count, _ = Suppression.objects.filter(address_hash=contact.email_hash).delete()
    if count:
        publish(ContactUnsuppressed(site_id=contact.site_id, contact_id=contact.pk))
    return bool(count)
