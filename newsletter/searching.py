"""Find contacts by name or address, past row-level security: visitors/sql/fortify.sql."""

from typing import Any

from django.db import connection
from django.http import HttpRequest

from newsletter.models import Campaign, Subscriber
from visitors.models import Contact

MOST = 200
SHOWN = 8


def contacts_found(words: str, most: int = MOST) -> list[int]:
    """Ids of the contacts of the site in context that hold the words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.search_contacts(%s, %s)", [words[:100].replace("\0", ""), most])
        (found,) = cursor.fetchone()
    return list(found)


def contacts_to_preview(request: HttpRequest, campaign: Campaign) -> list[Contact]:
    """Those that were searched, else the newest on its lists; while it has none, of all."""
    words = request.GET.get("person", "").strip()
    rows: Any = Contact.objects.for_list()
    if words:
        return list(rows.filter(pk__in=contacts_found(words, SHOWN))[:SHOWN])
    readers = _newest_readers(campaign)
    found = list(rows.filter(pk__in=readers)[:SHOWN]) if readers is not None else []
    return found or list(rows[:SHOWN])


def _newest_readers(campaign: Campaign) -> Any:
    """A query for ids, a few of each list: the index by list and state has them in order."""
    parts = [
        Subscriber.objects.filter(list=row, state=Subscriber.State.SUBSCRIBED)
        .order_by("-contact_id")
        .values_list("contact_id", flat=True)[:SHOWN]
        for row in campaign.chosen_lists
    ]
    return parts[0].union(*parts[1:]) if parts else None
