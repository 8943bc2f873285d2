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
    return list(rows.filter(pk__in=_newest_readers(campaign))) or list(rows[:SHOWN])


def _newest_readers(campaign: Campaign) -> list[int]:
    """Ids, a few of each list: the index by list and state has them in order."""
    ids: set[int] = set()
    for list_id in campaign.list_ids:
        rows = Subscriber.objects.filter(list=list_id, state=Subscriber.State.SUBSCRIBED)
        ids |= set(rows.order_by("-contact_id").values_list("contact_id", flat=True)[:SHOWN])
    return sorted(ids)[-SHOWN:]
