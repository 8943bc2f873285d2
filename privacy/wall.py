"""The staff policies: one for every table of user data, made from the models (P9.2, P9.3).

A row shows only under an active grant of the signed context, and only after a journal entry for
just that row was committed (`app.declared`, privacy/sql/fortify.sql).
"""

from collections.abc import Iterator
from typing import Any

from comm100.core.database import STAFF
from comm100.core.fortify import data_class_of, every_model, policy
from comm100.core.tenancy import SiteOwned

# The journal outlives its records and is read as the list of accesses; counters tell nothing.
LEFT_OUT = {"core_journalentry", "core_journalhead", "core_counter"}


def _has_its_own_way(model: type[SiteOwned]) -> bool:
    """The moderation queue: some columns of some rows, without a grant (P9.4)."""
    return any(opening.role == STAFF for opening in model.openings)


def walled_models() -> list[type[SiteOwned]]:
    """Every model of user data that staff may read under a grant, a record at a time."""
    return [
        model
        for model in every_model()
        if issubclass(model, SiteOwned)
        and data_class_of(model) == "user_data"
        and model._meta.db_table not in LEFT_OUT
        and not _has_its_own_way(model)
    ]


def staff_policies() -> Iterator[str]:
    """SQL of the staff's side of the wall; runs after the functions that it calls."""
    for model in walled_models():
        table = model._meta.db_table
        yield f"GRANT SELECT ({', '.join(_readable(model))}) ON {table} TO {STAFF}"
        rule = (
            "site_id = (SELECT app.granted_site()) "
            f"AND id = ANY (ARRAY(SELECT app.declared('{table}')))"
        )
        yield from policy(table, "staff_reads", f"FOR SELECT TO {STAFF} USING ({rule})")


def _readable(model: Any) -> list[str]:
    columns = dict.fromkeys(field.column for field in model._meta.local_fields)
    return [f'"{column}"' for column in columns if column not in model.hidden_from_staff]
