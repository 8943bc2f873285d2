"""The wall is looked at before anything is served: each kind of gap is seen."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import psycopg2
import pytest
from django.core.checks import Tags, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import connections

from comm100.core import checks, fortify

Sql = Callable[[str], None]


@pytest.fixture
def administrator() -> Iterator[Sql]:
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        yield cursor.execute
    connection.close()


@pytest.fixture
def broken(administrator: Sql, request: Any) -> Iterator[list[str]]:
    """Break the wall, look, mend it again."""
    breaking, mending = request.param
    administrator(breaking)
    try:
        yield found()
    finally:
        administrator(mending)


def found() -> list[str]:
    return [str(e.msg) for e in run_checks(tags=[Tags.database], databases=["default"])]


def test_the_wall_as_it_is_built_has_no_gap():
    assert found() == []


TABLE = "visitors_contact"
GAPS = {
    "an owner serves": (
        (
            # a table that staff have no rights on: a change of owner takes these away
            "ALTER TABLE core_counter OWNER TO comm100_staff",
            "ALTER TABLE core_counter OWNER TO comm100_owner",
        ),
        "comm100_staff owns tables.",
    ),
    "no row-level security": (
        (
            f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY",
            f"ALTER TABLE {TABLE} ENABLE ROW LEVEL SECURITY",
        ),
        "visitors_contact has no row-level security.",
    ),
    "not forced": (
        (
            f"ALTER TABLE {TABLE} NO FORCE ROW LEVEL SECURITY",
            f"ALTER TABLE {TABLE} FORCE ROW LEVEL SECURITY",
        ),
        "visitors_contact does not force it on its owner.",
    ),
    "no policy": (
        (
            f"ALTER POLICY site_rows ON {TABLE} TO comm100_backup",
            f"ALTER POLICY site_rows ON {TABLE} TO comm100_app",
        ),
        "visitors_contact has the policies [] for comm100_app.",
    ),
    "a second policy": (
        (
            f"CREATE POLICY wide ON {TABLE} USING (true)",
            f"DROP POLICY wide ON {TABLE}",
        ),
        "for comm100_app.",
    ),
    "a table that no model knows": (
        (
            "CREATE TABLE stray (x int); GRANT SELECT ON stray TO comm100_app",
            "DROP TABLE stray",
        ),
        "comm100_app reads stray, which no model knows.",
    ),
    "a table with site_id that no model knows": (
        ("CREATE TABLE stray (site_id bigint)", "DROP TABLE stray"),
        "stray has no row-level security.",
    ),
    "a view of its owner": (
        (
            f"CREATE VIEW peep AS SELECT * FROM {TABLE}",
            "DROP VIEW peep",
        ),
        "The view peep lacks security_invoker.",
    ),
    "a materialised view": (
        (
            f"CREATE MATERIALIZED VIEW peep AS SELECT 1 AS x FROM {TABLE}",
            "DROP MATERIALIZED VIEW peep",
        ),
        "The view peep is materialised.",
    ),
    "an index across sites": (
        (f"CREATE INDEX wide ON {TABLE} (name)", "DROP INDEX wide"),
        "wide on visitors_contact crosses sites.",
    ),
}


@pytest.mark.parametrize(("broken", "told"), GAPS.values(), ids=GAPS.keys(), indirect=["broken"])
def test_a_gap_is_seen(broken, told):
    assert any(told in gap for gap in broken), broken


@pytest.mark.parametrize("alias", ["default", "post", "staff"])
@pytest.mark.parametrize("right", ["SUPERUSER", "BYPASSRLS"])
def test_a_role_above_the_wall_is_seen(administrator, alias, right, monkeypatch):
    lax = f"lax_{os.getpid()}"  # roles belong to the whole server, which other tests use, too
    password = connections[alias].settings_dict["PASSWORD"]
    administrator(f"CREATE ROLE {lax} LOGIN {right} PASSWORD '{password}'")
    connections[alias].close()
    with monkeypatch.context() as patch:
        patch.setitem(connections[alias].settings_dict, "USER", lax)
        told = found()
        connections[alias].close()
    administrator(f"DROP ROLE {lax}")
    assert f"{lax} is a superuser or bypasses row-level security." in told


def test_a_view_that_looks_with_the_rights_of_who_asks_is_no_gap(administrator):
    administrator(f"CREATE VIEW fair WITH (security_invoker = true) AS SELECT * FROM {TABLE}")
    try:
        assert found() == []
    finally:
        administrator("DROP VIEW fair")


def test_a_table_whose_data_nobody_classed_is_seen(monkeypatch):
    left = {k: v for k, v in fortify.LIBRARY_TABLES.items() if k != "sessions.Session"}
    monkeypatch.setattr(fortify, "LIBRARY_TABLES", left)
    assert found() == ["Nobody said whose data sessions.Session is."]


@pytest.mark.parametrize("broken", [GAPS["no row-level security"][0]], indirect=True)
def test_with_a_gap_nothing_is_served(broken, capsys):
    with pytest.raises(SystemExit):
        checks.refuse_unless_walled()
    assert "visitors_contact has no row-level security" in capsys.readouterr().err
    with pytest.raises(SystemCheckError):
        call_command("check", databases=["default"])
