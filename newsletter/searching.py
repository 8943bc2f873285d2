"""Find contacts by name or address, past row-level security: visitors/sql/fortify.sql."""

from django.db import connection

MOST = 200


def contacts_found(words: str, most: int = MOST) -> list[int]:
    """Ids of the contacts of the site in context that hold the words."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.search_contacts(%s, %s)", [words[:100], most])
        (found,) = cursor.fetchone()
    return list(found)
