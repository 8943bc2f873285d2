"""The application's side of the wall: each probe against every table of user data (P9.1, P10.4)."""

import os
from typing import Any

import psycopg2
import pytest
from django.db import DatabaseError, connections, transaction

from comm100.core.fortify import data_class_of, every_model
from comm100.core.journal import breaks, record
from comm100.core.models import JournalEntry
from comm100.core.tenancy import SiteForeignKey, SiteOwned, working_for
from tests.planting import plant

pytestmark = [pytest.mark.policy("P9.1", "P10.4")]
TABLES = [
    model
    for model in every_model()
    if issubclass(model, SiteOwned)
    and data_class_of(model) == "user_data"
    and not model.written_by_functions
]


def asked(statement: str, *given: Any, alias: str = "default") -> Any:
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.description else cursor.rowcount


@pytest.fixture
def both(acme, rival):
    """Rows in every table, of two sites: ours and theirs."""
    return plant(acme.site, 9), plant(rival.site, 9, "theirs4f")


def test_without_a_context_no_table_shows_a_row_or_takes_one(both, acme):
    assert len(TABLES) > 20
    for table in (model._meta.db_table for model in TABLES):
        assert asked(f"SELECT count(*) FROM {table}") == [(0,)], table
        with pytest.raises(DatabaseError, match=r"row-level security|violates not-null"):
            with transaction.atomic():
                asked(f"INSERT INTO {table} (site_id) VALUES (%s)", acme.site.pk)


def test_no_row_is_written_for_moved_to_or_changed_at_another_site(both, acme, rival):
    ours, theirs = both
    for table in (model._meta.db_table for model in TABLES):
        mine, other = ours[table].pk, theirs[table].pk
        with working_for(acme.site.pk):
            changed = f"UPDATE {table} SET site_id = site_id WHERE id = %s"
            assert asked(changed, other) == 0, table
            assert asked(f"DELETE FROM {table} WHERE id = %s", other) == 0, table
        for statement in (
            f"INSERT INTO {table} SELECT * FROM {table} WHERE id = %s",  # taken: its own key
            f"UPDATE {table} SET site_id = {rival.site.pk} WHERE id = %s",
        ):
            with pytest.raises(DatabaseError), working_for(acme.site.pk):
                asked(statement, mine)


def test_no_reference_of_any_table_leads_to_another_site(both, acme):
    ours, theirs = both
    tried = 0
    for model in TABLES:
        for field in model._meta.local_fields:
            target = _target(field, theirs)
            if target is None:
                continue
            tried += 1
            statement = (
                f"UPDATE {model._meta.db_table} SET {field.column} = %s WHERE id = %s;"
                " SET CONSTRAINTS ALL IMMEDIATE"
            )
            with pytest.raises(DatabaseError), working_for(acme.site.pk):
                asked(statement, target, ours[model._meta.db_table].pk)
    assert tried > 15


def _target(field: Any, theirs: dict[str, Any]) -> int | None:
    if not isinstance(field, SiteForeignKey):
        return None
    row = theirs.get(field.related_model._meta.db_table)
    return row.pk if row else None


def test_who_owns_the_tables_sees_no_row_either(both):
    """Migrations work as the owner: FORCE binds it, too."""
    for table in (model._meta.db_table for model in TABLES):
        assert asked(f"SELECT count(*) FROM {table}", alias="owner") == [(0,)], table


def test_the_application_empties_no_table(both, acme):
    for table in (model._meta.db_table for model in TABLES):
        with pytest.raises(DatabaseError), working_for(acme.site.pk):
            asked(f"TRUNCATE {table} CASCADE")


@pytest.mark.parametrize("role", ["comm100_owner", "comm100_definer", "postgres", "comm100_staff"])
def test_no_role_turns_into_another(acme, role):
    for alias in ("default", "post", "staff"):
        if alias == "staff" and role == "comm100_staff":
            continue
        with pytest.raises(DatabaseError), transaction.atomic(using=alias):
            asked(f"SET LOCAL ROLE {role}", alias=alias)


def test_switching_the_wall_off_is_an_error_and_shows_nothing(both, acme):
    with pytest.raises(DatabaseError, match="row-level security"), working_for(acme.site.pk):
        asked("SET LOCAL row_security = off")
        asked("SELECT count(*) FROM visitors_contact")


def test_sql_that_was_let_in_cannot_turn_to_another_site(both, acme, rival):
    """With a plain setting this would work: the context is signed, the key is nobody's to read."""
    forged = f"task.{rival.site.pk}.0.0.9999999999.{'0' * 64}"
    flip = "SELECT set_config('app.ctx', %s, true)"
    for statement in (
        f"{flip}; SELECT name FROM visitors_contact",
        f"SELECT name FROM visitors_contact WHERE ({flip}) IS NOT NULL",
    ):
        with pytest.raises(DatabaseError, match="context refused"), working_for(acme.site.pk):
            asked(statement, forged)
    with working_for(acme.site.pk):
        plain = "SELECT set_config('app.site_id', %s, true); SELECT name FROM visitors_contact"
        assert "theirs4f" not in str(asked(plain, str(rival.site.pk)))
    with pytest.raises(DatabaseError, match="permission denied"), working_for(acme.site.pk):
        asked("SELECT * FROM app.context_key")


def as_administrator(*statements: str) -> None:
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    with administrator, administrator.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    administrator.close()


@pytest.mark.policy("P9.3")
def test_the_journal_refuses_changes_even_of_the_administrator(acme):
    """Neither the application nor the superuser changes, deletes or empties it."""
    for statement in (
        "UPDATE core_journalentry SET detail = '{}'",
        "DELETE FROM core_journalentry",
        "TRUNCATE core_journalentry",
    ):
        with pytest.raises(DatabaseError), working_for(acme.site.pk):
            asked(statement)
        with pytest.raises(psycopg2.Error, match="append-only"):
            as_administrator(statement)


@pytest.mark.policy("P9.3")
def test_who_takes_the_triggers_away_and_changes_the_journal_is_found_out(acme):
    with working_for(acme.site.pk):
        record("test.happened", by=acme.owner)
        assert breaks() == []
        last = JournalEntry.objects.order_by("-seq").first().seq
    as_administrator(
        "ALTER TABLE core_journalentry DISABLE TRIGGER ALL",
        f"UPDATE core_journalentry SET actor = 'nobody' WHERE site_id = {acme.site.pk} AND seq = 2",
        "ALTER TABLE core_journalentry ENABLE TRIGGER ALL",
    )
    with working_for(acme.site.pk):
        assert breaks() == [2]
    as_administrator(
        "ALTER TABLE core_journalentry DISABLE TRIGGER ALL",
        f"DELETE FROM core_journalentry WHERE site_id = {acme.site.pk} AND seq = {last}",
        "ALTER TABLE core_journalentry ENABLE TRIGGER ALL",
    )
    with working_for(acme.site.pk):
        assert last in breaks()


@pytest.mark.policy("P9.2")
def test_staff_read_of_a_journal_only_what_staff_did_under_grants(acme):
    with working_for(acme.site.pk):
        record("contact.named", acme.customer, by=acme.owner)
    assert asked("SELECT count(*) FROM core_journalentry", alias="staff") == [(0,)]
