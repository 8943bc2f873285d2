"""The wall is looked at before anything is served: a gap found here stops the start.

`manage check --database default` tells the same. Each finding says how to mend it.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register, run_checks
from django.db import OperationalError, connections

from comm100.core.database import ALIASES, APP
from comm100.core.fortify import data_class_of, every_model
from comm100.core.tenancy import SiteOwned

Rows = list[tuple[Any, ...]]
FORTIFY = "Run `manage prepare`."
NO_MODEL = {"django_migrations"}  # holds the names of migrations
SUBJECT_ROLES = {alias: role for alias, role in ALIASES.items() if alias != "owner"}


@register(Tags.database)
def the_wall_stands(
    app_configs: Any, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """All gaps, as the role that serves; nothing unless that database is asked about."""
    if "default" not in (databases or ()):
        return []
    try:
        return [found for look in LOOKS for found in look()]
    except OperationalError as error:
        return [Error(f"The database does not answer: {error}", hint=FORTIFY, id="wall.E000")]


def refuse_unless_walled() -> None:
    """End this process when the wall has a gap: what does not start shows nobody's data."""
    errors = run_checks(tags=[Tags.database], databases=["default"])
    connections.close_all()  # several roles logged in for this
    for error in errors:
        sys.stderr.write(f"{error}\n")
    if errors:
        sys.exit(1)


def _ask(sql: str, parameters: Sequence[Any] = (), alias: str = "default") -> Rows:
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def roles_are_subject_to_the_wall() -> Iterator[CheckMessage]:
    for alias in SUBJECT_ROLES:
        ((role, above, owns),) = _ask(
            "SELECT current_user, r.rolsuper OR r.rolbypassrls, EXISTS (SELECT 1 FROM pg_class c "
            "WHERE c.relowner = r.oid AND c.relnamespace IN ('public'::regnamespace)) "
            "FROM pg_roles r WHERE r.rolname = current_user",
            alias=alias,
        )
        if above or owns:
            why = "is a superuser or bypasses row-level security" if above else "owns tables"
            hint = f"The connection `{alias}` must log in as a role without such rights."
            yield Error(f"{role} {why}.", hint=hint, id="wall.E001")


def tables_of_sites_are_walled() -> Iterator[CheckMessage]:
    for table, enabled, forced, policies in _ask(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, ARRAY("
        " SELECT p.polname::text FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive"
        " AND p.polroles && ARRAY[0, (SELECT oid FROM pg_roles WHERE rolname = %s)]) "
        "FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'site_id' "
        "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1",
        [APP],
    ):
        gaps = [
            *([] if enabled else ["has no row-level security"]),
            *([] if forced else ["does not force it on its owner"]),
            *([] if policies == ["site_rows"] else [f"has the policies {policies} for {APP}"]),
        ]
        for gap in gaps:
            yield Error(f"{table} {gap}.", hint=FORTIFY, id="wall.E002")


def every_table_has_a_class() -> Iterator[CheckMessage]:
    for model in every_model():
        if data_class_of(model) is None:
            hint = "Derive it from SiteOwned, or set data_class, or name it in LIBRARY_TABLES."
            yield Error(
                f"Nobody said whose data {model._meta.label} is.", hint=hint, id="wall.E003"
            )
    known = {m._meta.db_table for m in every_model()} | NO_MODEL
    for (table,) in _ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p') AND has_table_privilege(oid, 'SELECT') ORDER BY 1"
    ):
        if table not in known:
            hint = "Make it a model, or take its grants away."
            yield Error(f"{APP} reads {table}, which no model knows.", hint=hint, id="wall.E003")


def views_look_with_the_rights_of_who_asks() -> Iterator[CheckMessage]:
    for view, kind in _ask(
        "SELECT relname, relkind FROM pg_class WHERE relnamespace IN (SELECT oid FROM pg_namespace "
        "WHERE nspname IN ('public', 'app')) AND (relkind = 'm' OR (relkind = 'v' "
        "AND NOT coalesce(reloptions && ARRAY['security_invoker=true','security_invoker=on'],"
        " false))) ORDER BY 1"
    ):
        what = "is materialised" if kind == "m" else "lacks security_invoker"
        hint = "A view without security_invoker shows the rows of every site."
        yield Error(f"The view {view} {what}.", hint=hint, id="wall.E004")


def indexes_of_user_data_start_with_the_site() -> Iterator[CheckMessage]:
    across = {name for m in every_model() for name in getattr(m, "post_indexes", ())}
    tables = [
        m._meta.db_table
        for m in every_model()
        if issubclass(m, SiteOwned) and data_class_of(m) == "user_data"
    ]
    for index, table in _ask(
        "SELECT i.indexrelid::regclass::text, c.relname FROM pg_index i "
        "JOIN pg_class c ON c.oid = i.indrelid WHERE c.relname = ANY (%s) AND NOT i.indisprimary "
        "AND i.indkey[0] <> (SELECT attnum FROM pg_attribute WHERE attrelid = c.oid "
        "AND attname = 'site_id') AND pg_get_indexdef(i.indexrelid, 1, false) "
        "NOT LIKE '%%(site_id,%%' ORDER BY 1",  # a function that puts the site into its keys
        [tables],
    ):
        if index not in across:
            hint = "Put site_id first, or name it in post_indexes when it serves the post alone."
            yield Error(f"{index} on {table} crosses sites.", hint=hint, id="wall.E005")


LOOKS: tuple[Callable[[], Iterator[CheckMessage]], ...] = (
    roles_are_subject_to_the_wall,
    tables_of_sites_are_walled,
    every_table_has_a_class,
    views_look_with_the_rights_of_who_asks,
    indexes_of_user_data_start_with_the_site,
)
