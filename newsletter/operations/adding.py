"""Put all contacts that a filter finds on a list, some thousand a transaction.

How far it is stands with the list itself (`NewsletterList.adding`), so what a lost wake-up left
half done goes on. Whoever said no, is suppressed, left this list or was asked to confirm it is
never among them: they come by their own click (P7.1).
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from comm100.core.documents import version_today
from comm100.core.events import publish
from comm100.core.journal import record
from mail.models import Suppression
from newsletter.events import ListFillingAsked
from newsletter.models import NewsletterList, Subscriber
from operators.models import Operator
from visitors.filters import narrowed
from visitors.models import Contact, ContactErasure, Kind, Receipt
from visitors.operations import open_to

Wishes = Mapping[str, str]  # of visitors/filters.py
MOST_COUNTED = 100_000  # a page says "more than" beyond
PART = 2_000  # contacts in one transaction
# Who left in the meantime has a place already, and keeps it.
_ADD = """
WITH added AS (
  INSERT INTO newsletter_subscriber (site_id, list_id, contact_id, state, wording, requested_at)
  SELECT %(site)s, %(list)s, c.id, %(subscribed)s, c.consent_note, %(at)s
  FROM visitors_contact c WHERE c.site_id = %(site)s AND c.id = ANY(%(contacts)s)
  ON CONFLICT (site_id, list_id, contact_id) DO NOTHING RETURNING contact_id),
told AS (
  INSERT INTO visitors_contactevent (site_id, contact_id, at, kind, text, url)
  SELECT %(site)s, contact_id, %(at)s, 'list.joined', %(text)s, '' FROM added),
proven AS (
  INSERT INTO visitors_receipt (site_id, contact_id, kind, about, before, after, at, by, "where",
    wording_digest, policy_version)
  SELECT %(site)s, contact_id, %(kind)s, %(about)s, %(no)s, %(yes)s, %(at)s, %(by)s, %(where)s,
    ''::bytea, %(policy)s FROM added)
SELECT count(*) FROM added
"""


class StepTaken(Exception):
    """Another worker did this part; what was done here is to be rolled back."""


def contacts_to_add(
    newsletter_list: NewsletterList, wishes: Mapping[str, str]
) -> QuerySet[Contact]:
    """Whom the filter finds and who may be put on this list; partners' lists are joined (P3.3)."""
    if newsletter_list.kind == Kind.PARTNER:
        return Contact.objects.none()
    places = Subscriber.objects.filter(list=newsletter_list, contact=OuterRef("pk"))
    suppressed = Suppression.objects.filter(address_hash=OuterRef("email_hash"))
    going = ContactErasure.objects.filter(contact_id=OuterRef("pk"))
    rows = open_to(newsletter_list.kind).exclude(Exists(places)).exclude(Exists(suppressed))
    return narrowed(rows.exclude(Exists(going)), wishes)


def count_to_add(newsletter_list: NewsletterList, wishes: Wishes) -> int:
    """How many it would be; one more than `MOST_COUNTED` when they are more."""
    return contacts_to_add(newsletter_list, wishes)[: MOST_COUNTED + 1].count()


@transaction.atomic
def add_contacts(newsletter_list: NewsletterList, wishes: Wishes, *, by: Operator) -> bool:
    """Begin; answers False while it is being filled already."""
    locked = NewsletterList.objects.select_for_update().get(pk=newsletter_list.pk)
    if locked.is_being_filled:
        return False
    through = Contact.objects.aggregate(newest=Max("pk"))["newest"] or 0
    start = {"wishes": dict(wishes), "by": by.pk, "after": 0, "through": through, "added": 0}
    locked.adding = {**start, "at": _now(), "over": False}
    locked.save(update_fields=["adding"])
    publish(ListFillingAsked(site_id=locked.site_id, list_id=locked.pk))
    return True


def add_part(list_id: int) -> bool:
    """The next of them, within the transaction of the caller; answers whether more follow.

    Raises:
        StepTaken: roll back, it is done.
    """
    row = NewsletterList.objects.kept().filter(pk=list_id).first()
    if row is None or not row.is_being_filled:
        return False
    before: dict[str, Any] = row.adding or {}
    by = Operator.objects.filter(pk=before["by"]).first()
    rows = contacts_to_add(row, before["wishes"])
    rows = rows.filter(pk__gt=before["after"], pk__lte=before["through"]).order_by("pk")
    found = list(rows.values_list("pk", flat=True)[:PART])
    added = before["added"] + (_add(row, found, by) if found else 0)
    is_over = len(found) < PART
    after = found[-1] if found else before["after"]
    changed = {**before, "after": after, "added": added, "at": _now(), "over": is_over}
    if is_over:
        changed["wishes"] = {}  # what somebody looked for may be a person's
    if not NewsletterList.objects.filter(pk=list_id, adding=before).update(adding=changed):
        raise StepTaken
    if is_over:
        record("list.filled", row, by=by or "system", count=added)
    return not is_over


def _add(row: NewsletterList, contacts: list[int], by: Operator | None) -> int:
    facts: dict[str, Any] = {
        "site": row.site_id,
        "list": row.pk,
        "contacts": contacts,
        "subscribed": Subscriber.State.SUBSCRIBED.value,
        "at": timezone.now(),
        "text": f"Added to the list {row.name}",
        "kind": row.kind,
        "about": f"list:{row.number}",
        "no": Receipt.State.NO.value,
        "yes": Receipt.State.YES.value,
        "by": by.actor_name if by else "system",
        "where": Receipt.Where.OPERATOR.value,
        "policy": version_today("policy"),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD, facts)
        (count,) = cursor.fetchone()
    return int(count)


def _now() -> str:
    now: datetime = timezone.now()
    return now.isoformat()
