"""Who gets no more marketing mail of a site, and who may again."""

from collections.abc import Iterable

from django.db import transaction

from comm100.core.addresses import address_hash, normalise_email
from comm100.core.events import publish
from comm100.core.journal import record
from mail.events import ContactSuppressed, ContactUnsuppressed
from mail.models import Mailing, SoftBounces, Suppression
from mail.operations.counting import count_one
from operators.models import Operator
from visitors.models import Contact

Reason = Suppression.Reason


class NotRemovable(ValueError):
    """The contact's own wish stands here."""


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
        if _outweighs(reason, row.reason):
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


def _outweighs(reason: int, present: int) -> bool:
    """A wish of the contact is stronger than what we noticed or an operator noted."""
    if Reason.HARD_BOUNCE in {reason, present}:
        return reason == Reason.HARD_BOUNCE != present
    weak = {Reason.SOFT_BOUNCE, Reason.OPERATOR}
    return present in weak and reason not in weak


@transaction.atomic
def suppress_by_hand(addresses: Iterable[str], *, by: Operator) -> int:
    """No marketing mail to these addresses, known or not; answers how many are new."""
    hashes = list({address_hash(normalise_email(address)) for address in addresses})
    known = Suppression.objects.filter(address_hash__in=hashes)
    present = {bytes(one) for one in known.values_list("address_hash", flat=True)}
    fresh = [one for one in hashes if one not in present]
    rows = Contact.objects.filter(email_hash__in=fresh).values_list("email_hash", "pk")
    contacts = {bytes(hashed): pk for hashed, pk in rows}
    Suppression.objects.bulk_create(
        [
            Suppression(
                site_id=by.site_id,
                address_hash=one,
                contact_id=contacts.get(one),
                reason=Reason.OPERATOR,
                by=by,
            )
            for one in fresh
        ],
        ignore_conflicts=True,
        batch_size=2000,
    )
    if fresh:
        record("suppression.added", by=by, count=len(fresh))
    return len(fresh)


@transaction.atomic
def lift_suppression(row: Suppression, *, why: str, by: Operator) -> None:
    """An operator says why mail may go there again; `why` is a key of the form's choices.

    Raises:
        NotRemovable: the contact unsubscribed or complained, and comes back by their own click.
    """
    if not row.is_removable:
        raise NotRemovable(row)
    reason = Reason(row.reason).name.lower()
    record("suppression.removed", row.contact, by=by, reason=reason, why=why)
    SoftBounces.objects.filter(address_hash=row.address_hash).delete()
    contact_id = row.contact_id
    row.delete()
    if contact_id:
        publish(ContactUnsuppressed(site_id=by.site_id, contact_id=contact_id))


@transaction.atomic
def unsuppress(contact: Contact) -> bool:
    """Marketing mail may go there again: the contact asked for it; answers whether it was off."""
    count, _ = Suppression.objects.filter(address_hash=contact.email_hash).delete()
    if count:
        publish(ContactUnsuppressed(site_id=contact.site_id, contact_id=contact.pk))
    return bool(count)
