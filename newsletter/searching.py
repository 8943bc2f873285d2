"""Find contacts by name or address, past row-level security: visitors/sql/fortify.sql."""

from typing import Any

from django.db import connection
from django.http import HttpRequest

from visitors.models import Contact

MOST = 200
SHOWN = 8


def contacts_found(words: str, most: int = MOST) -> list[int]:
    """Ids of the contacts of the site in context that hold the words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.search_contacts(%s, %s)", [words[:100].replace("\0", ""), most])
        (found,) = cursor.fetchone()
    return list(found)


def contacts_to_preview(request: HttpRequest) -> list[Contact]:
    """The first contacts, or those that were searched."""
    words = request.GET.get("person", "").strip()
    rows: Any = Contact.objects.for_list()
    if words:
        rows = rows.filter(pk__in=contacts_found(words, SHOWN))
    return list(rows[:SHOWN])
