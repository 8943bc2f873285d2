"""A site is closed by its owner: 30 days of grace, then everything goes (docs/retention.md)."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from comm100.core.events import publish
from operators.events import SiteClosing, SiteKept
from operators.models import Operator

GRACE = timedelta(days=30)  # as operators/sql/closing.sql has it
SOON = timedelta(days=7)  # before the end people are told again
TOLD, TOLD_AGAIN = 1, 2


@transaction.atomic
def close_site(*, by: Operator) -> datetime | None:
    """From now on nothing leaves or comes in; answer when everything goes, None if it is known.

    The database says when that is, and writes it into the journal.
    """
    closes_at: datetime | None = _ask("SELECT app.close_site()")
    if closes_at is not None:
        by.site.closes_at = closes_at
        publish(SiteClosing(site_id=by.site_id, by_id=by.pk))
    return closes_at


@transaction.atomic
def keep_site(*, by: Operator) -> bool:
    """Everything is as it was; answer whether that changed anything."""
    kept = bool(_ask("SELECT app.keep_site()"))
    if kept:
        by.site.closes_at = None
        publish(SiteKept(site_id=by.site_id, by_id=by.pk))
    return kept


def _ask(question: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question)
        (answer,) = cursor.fetchone()
    return answer
