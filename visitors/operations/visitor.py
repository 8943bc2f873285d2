"""What becomes of visitors: they say who they are, they are forgotten, they grow old."""

from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from comm100.core.tenancy import current_site_id
from visitors.models import Contact, Identification, LinkClick, PageView, VisitCount, Visitor

IP_DAYS, ROW_DAYS, COUNT_DAYS = 30, 90, 800
MOST_AT_ONCE = 5_000
# what stays of an address: 256 of IPv4, or one customer's of IPv6 and more
SHORTEN = """
UPDATE visitors_visitor SET ip = host(short)::inet
FROM (SELECT id AS old,
        network(set_masklen(ip, CASE family(ip) WHEN 4 THEN 24 ELSE 48 END)) AS short
      FROM visitors_visitor WHERE site_id = %s AND last_seen < %s AND ip IS NOT NULL) AS row
WHERE id = old AND host(ip) <> host(short)
"""


@transaction.atomic
def identify_visitor(
    key: bytes, contact: Contact, *, how: int, where: str, personalise: bool
) -> Visitor:
    """Somebody who is counted said who they are; the event is kept as the proof (P4.4).

    `key` is `Choices.key(site_id)` of the request in which it happened; call this only for those
    who agreed to be counted, and only for an event of `Identification.How`.
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
    visitor.contact, visitor.identified_by, visitor.personalise = contact, proof, personalise
    visitor.save(update_fields=["contact", "identified_by", "personalise"])
    if before is not None:
        before.delete()
    return visitor


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


def shorten_addresses(before: datetime) -> int:
    """IP addresses of those who were not seen since become those of their networks (P2.4)."""
    with connection.cursor() as cursor:
        cursor.execute(SHORTEN, [current_site_id(), before])
        return int(cursor.rowcount)


def forget_old(before: datetime) -> int:
    """Rows of views, clicks and visitors from before; their counts by day stay (P3.4)."""
    gone = 0
    for model in (PageView, LinkClick):
        ids = model.objects.filter(at__lt=before).values_list("pk", flat=True)[:MOST_AT_ONCE]
        gone += model.objects.filter(pk__in=list(ids)).delete()[0]
    return gone + forget_visitors(Visitor.objects.filter(last_seen__lt=before))


def forget_old_counts(before: date) -> int:
    return VisitCount.objects.filter(day__lt=before).delete()[0]
