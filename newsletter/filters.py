"""Contacts narrowed to those who get a list."""

from django.db.models import Exists, OuterRef

from newsletter.models import NewsletterList, Subscriber
from operators.models import Operator
from visitors import filters

FEW = 5000  # members of a list that are sooner looked up than met among all contacts


def offer_lists() -> None:
    """Called once, when the app is ready."""
    filters.register(filters.Filter(name="list", label="List", choices=_lists, narrow=_on_list))


def _lists(operator: Operator) -> list[tuple[str, str]]:
    if not operator.may("newsletter:read"):
        return []
    return [(str(row.number), row.name) for row in NewsletterList.objects.for_list()]


def _on_list(rows: filters.Contacts, value: str) -> filters.Contacts:
    chosen = NewsletterList.objects.get(number=int(value))
    members = Subscriber.objects.subscribed().filter(list=chosen)
    if chosen.subscribed <= FEW:
        return rows.filter(pk__in=list(members.values_list("contact", flat=True)))
    return rows.filter(Exists(members.filter(contact=OuterRef("pk"))))
