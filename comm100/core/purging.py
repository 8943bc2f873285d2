"""Everything of a site goes: in which order its tables, and what stands outside of them.

What may be deleted at all, and when, is for the database to say (operators/sql/closing.sql).
"""

from collections.abc import Callable
from functools import cache

from django.db import models

from comm100.core.fortify import every_model
from comm100.core.models import JournalEntry, JournalHead
from comm100.core.tenancy import SiteOwned

LAST: tuple[type[models.Model], ...] = (JournalEntry, JournalHead)  # what proves, as long as it can
_elsewhere: list[Callable[[int], None]] = []


def purge_elsewhere(forget: Callable[[int], None]) -> Callable[[int], None]:
    """Also call this for a site that goes, in its context, while its rows are still there.

    For what stands in tables of no site or outside of the database; safe to repeat.
    """
    _elsewhere.append(forget)
    return forget


def forget_elsewhere(site_id: int) -> None:
    for forget in _elsewhere:
        forget(site_id)


@cache
def purge_order() -> list[str]:
    """The tables of sites: who refers to others comes before them, the journal at the end."""
    waiting = [m for m in every_model() if issubclass(m, SiteOwned) and m not in LAST]
    ordered: list[type[models.Model]] = []
    while waiting:
        referred = {other for model in waiting for other in _refers_to(model)}
        free = [model for model in waiting if model not in referred]
        if not free:
            raise ValueError(f"they refer to each other in a circle: {waiting}")
        ordered += free
        waiting = [model for model in waiting if model not in free]
    return [model._meta.db_table for model in (*ordered, *LAST)]


def _refers_to(model: type[models.Model]) -> set[type[models.Model]]:
    referred = {f.related_model for f in model._meta.local_fields if f.is_relation}
    return {m for m in referred if isinstance(m, type) and m is not model}
