"""What becomes of visitors: they say who they are, they are forgotten, they grow old."""

from django.db import transaction
from django.db.models import QuerySet

from comm100.core.tenancy import current_site_id
from visitors.models import (
    Choice,
    Contact,
    Identification,
    Kind,
    LinkClick,
    PageView,
    Visitor,
)

MOST_AT_ONCE = 5_000


@transaction.atomic
def identify_visitor(
    key: bytes, contact: Contact, *, how: int, where: str, personalise: bool
) -> Visitor:
    """Somebody who is counted said who they are; the event is kept as the proof (P4.4).

    `key` is `Choices.key(site_id)` of the request in which it happened; call this only for those
    who agreed to be counted, and only for an event of `Identification.How`. A contact who said no
    to pages that fit stays apart from their visits, whatever the browser said.
    """
    visitor, _ = Visitor.objects.select_for_update().get_or_create(
        site_id=current_site_id() or 0, key=key, defaults={"personalise": personalise}
    )
    if visitor.contact_id == contact.pk:
        return visitor
    proof = Identification.objects.create(
        site_id=current_site_id() or 0, contact=contact, how=how, where=where
    )
    before = visitor.identified_by
    personalise = personalise and not _said_no(contact)
    visitor.contact, visitor.identified_by, visitor.personalise = contact, proof, personalise
    visitor.save(update_fields=["contact", "identified_by", "personalise"])
    if before is not None:
        before.delete()
    return visitor


def _said_no(contact: Contact) -> bool:
    said = Choice.objects.filter(contact=contact, kind=Kind.PERSONALISE, agreed=False)
    return said.exists()


@transaction.atomic
def forget_visitors(visitors: "QuerySet[Visitor]") -> int:
    """With all that they looked at and the proof of who they are; answer how many."""
    rows = list(visitors.values_list("pk", "identified_by")[:MOST_AT_ONCE])
    ids = [pk for pk, _ in rows]
    PageView.objects.filter(visitor__in=ids).delete()
    LinkClick.objects.filter(visitor__in=ids).delete()
    Visitor.objects.filter(pk__in=ids).delete()
    Identification.objects.filter(pk__in=[proof for _, proof in rows if proof]).delete()
    return len(ids)
