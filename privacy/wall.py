"""The staff policies: one for every table of user data, made from the models (P9.2, P9.3).

A row shows only under an active grant of the signed context, and only after a journal entry for
just that row was committed (`app.declared`, privacy/sql/fortify.sql).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from comm100.core.database import DEFINER, STAFF
from comm100.core.fortify import data_class_of, every_model, policy
from comm100.core.tenancy import SiteForeignKey, SiteOwned

# The journal outlives its records and is read as the list of accesses; counters tell nothing.
LEFT_OUT = {"core_journalentry", "core_journalhead", "core_counter"}
# by what a site and its people name a record (privacy/sql/records.sql)
KEYS = ("id", "site_id", "number", "email_norm")
SQL = Path(__file__).parent / "sql"


def walled_models() -> list[type[SiteOwned]]:
    """Every model of user data that staff may read under a grant, a record at a time."""
    return [
        model
        for model in every_model()
        if issubclass(model, SiteOwned)
        and data_class_of(model) == "user_data"
        and model._meta.db_table not in LEFT_OUT
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
        named = [f.column for f in model._meta.local_fields if f.column in KEYS]
        yield f"GRANT SELECT ({', '.join([*named, *_links_of(model)])}) ON {table} TO {DEFINER}"
    yield _record_links()
    yield (SQL / "records.sql").read_text()
    yield (SQL / "alerts.sql").read_text()


def _links_of(model: type[SiteOwned]) -> dict[str, str]:
    """Column → the table of user data that it refers to."""
    return {
        field.column: field.remote_field.model._meta.db_table
        for field in model._meta.local_fields
        if isinstance(field, SiteForeignKey)
        and data_class_of(field.remote_field.model) == "user_data"
    }


def _record_links() -> str:
    """The function that tells to which records a record refers: one branch a table."""
    branches = []
    for model in walled_models():
        table = model._meta.db_table
        ends = ", ".join(f"('{to}'::text, t.{column})" for column, to in _links_of(model).items())
        if ends:
            branches.append(
                f"WHEN '{table}' THEN RETURN QUERY SELECT ends.* FROM {table} t, "
                f"LATERAL (VALUES {ends}) ends WHERE t.site_id = p_site AND t.id = p_id;"
            )
    name = "app.record_links(bigint, text, bigint)"
    return f"""
CREATE OR REPLACE FUNCTION app.record_links(p_site bigint, p_table text, p_id bigint)
RETURNS TABLE (to_table text, to_id bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN CASE p_table {" ".join(branches)} ELSE RETURN; END CASE; END $$;
ALTER FUNCTION {name} OWNER TO {DEFINER};
REVOKE ALL ON FUNCTION {name} FROM PUBLIC"""


def _readable(model: Any) -> list[str]:
    columns = dict.fromkeys(field.column for field in model._meta.local_fields)
    return [f'"{column}"' for column in columns if column not in model.hidden_from_staff]
