"""The staff's side of the wall: each probe against every table of user data (P9.1-P9.3)."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from comm100.core.journal import breaks
from comm100.core.models import JournalEntry
from comm100.core.tenancy import reading_as_staff, working_for
from privacy.models import AccessGrant, Purpose
from privacy.operations import grant as grants
from privacy.operations.grant import GrantRefused
from privacy.wall import walled_models
from tests.conftest import make_user
from tests.planting import plant

REASON = "The customer reports a broken campaign"
pytestmark = [pytest.mark.policy("P9.2"), pytest.mark.policy("P9.3")]


@pytest.fixture
def second(company):
    return make_user("mia@company.example", "Mia Second", is_staff=True)


@pytest.fixture
def ask(staff, acme) -> Callable[..., AccessGrant]:
    """A staff member asks for a grant at acme."""

    def ask(**but: Any) -> AccessGrant:
        given = {
            "purpose": Purpose.SUPPORT,
            "reason": REASON,
            "reference": "T-123",
            "minutes": 30,
            "by": staff,
        }
        return grants.open_grant(but.pop("site", acme.site), **given | but)

    return ask


def seen(table: str, *, by: Any, grant: int = 0) -> list[int]:
    """What a scan of a whole table shows to staff."""
    with reading_as_staff(by.pk, grant_id=grant), connections["staff"].cursor() as cursor:
        cursor.execute(f"SELECT id FROM {table} ORDER BY id")
        return [pk for (pk,) in cursor.fetchall()]


def every_table(rows: dict[str, Any]) -> list[tuple[str, int]]:
    models = [model for model in walled_models() if not model.written_by_functions]
    found = [(model._meta.db_table, rows[model._meta.db_table].pk) for model in models]
    assert len(found) > 10
    return found


def declare(table: str, pk: int, *, by: Any, grant: AccessGrant) -> None:
    with reading_as_staff(by.pk, grant_id=grant.pk), connections["staff"].cursor() as cursor:
        cursor.execute("SELECT app.declare_view(%s, %s, ARRAY['id'])", [table, pk])


def test_without_a_grant_no_table_shows_a_row(acme, staff):
    for table, _ in every_table(plant(acme.site, 9)):
        assert seen(table, by=staff) == [], table


def test_a_grant_alone_shows_nothing(acme, staff, ask):
    grant = ask()
    for table, _ in every_table(plant(acme.site, 9)):
        assert seen(table, by=staff, grant=grant.pk) == [], table


def test_a_scan_of_the_whole_table_shows_the_declared_record_only(acme, staff, ask):
    first, again = plant(acme.site, 9), plant(acme.site, 10, "other7c1")
    grant = ask()
    for table, pk in every_table(again):
        declare(table, pk, by=staff, grant=grant)
    for table, pk in every_table(first):
        declared = again[table].pk
        assert seen(table, by=staff, grant=grant.pk) == [declared], table
        assert pk != declared or table == "operators_operator"


def test_a_record_declared_in_the_same_transaction_stays_hidden(acme, staff, ask):
    grant = ask()
    for table, pk in every_table(plant(acme.site, 9)):
        with reading_as_staff(staff.pk, grant_id=grant.pk):
            with connections["staff"].cursor() as cursor, transaction.atomic(using="staff"):
                cursor.execute("SELECT app.declare_view(%s, %s, ARRAY['id'])", [table, pk])
                cursor.execute(f"SELECT id FROM {table}")
                assert cursor.fetchall() == [], table
            with connections["staff"].cursor() as cursor:  # after the savepoint, too
                cursor.execute(f"SELECT id FROM {table}")
                assert cursor.fetchall() == [], table
            transaction.set_rollback(True, using="staff")
        assert seen(table, by=staff, grant=grant.pk) == [], table


def test_the_grant_of_another_staff_member_opens_nothing(acme, staff, second, ask):
    grant = ask()
    for table, pk in every_table(plant(acme.site, 9)):
        declare(table, pk, by=staff, grant=grant)
        assert seen(table, by=second, grant=grant.pk) == [], table
        with pytest.raises(DatabaseError, match="no active grant"):
            declare(table, pk, by=second, grant=grant)


def test_a_grant_for_one_site_opens_no_record_of_another(acme, rival, staff, ask):
    grant = ask()
    for table, pk in every_table(plant(rival.site, 9)):
        declare(table, pk, by=staff, grant=grant)
        assert seen(table, by=staff, grant=grant.pk) == [], table


def test_a_closed_grant_opens_nothing_more(acme, staff, ask):
    grant = ask()
    rows = every_table(plant(acme.site, 9))
    for table, pk in rows:
        declare(table, pk, by=staff, grant=grant)
    grants.close_grant(grant, by=staff)
    for table, pk in rows:
        assert seen(table, by=staff, grant=grant.pk) == [], table
        with pytest.raises(DatabaseError, match="no active grant"):
            declare(table, pk, by=staff, grant=grant)


def test_a_grant_is_over_after_its_time(acme, staff, ask, as_administrator):
    grant = ask()
    rows = every_table(plant(acme.site, 9))
    for table, pk in rows:
        declare(table, pk, by=staff, grant=grant)
    as_administrator(
        "UPDATE privacy_accessgrant SET active_from = now() - interval '2 hours', "
        "expires_at = now() - interval '1 second'"
    )
    for table, _ in rows:
        assert seen(table, by=staff, grant=grant.pk) == [], table


def test_a_declaration_holds_five_minutes(acme, staff, ask, as_administrator):
    grant = ask()
    table, pk = every_table(plant(acme.site, 9))[0]
    declare(table, pk, by=staff, grant=grant)
    as_administrator(
        "SET session_replication_role = replica; "
        "UPDATE core_journalentry SET at = at - interval '6 minutes'"
    )
    assert seen(table, by=staff, grant=grant.pk) == []


def test_staff_change_no_row_of_any_table(acme, staff, ask):
    grant = ask()
    for table, pk in every_table(plant(acme.site, 9)):
        declare(table, pk, by=staff, grant=grant)
        for statement in (
            f"UPDATE {table} SET site_id = site_id",
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            f"INSERT INTO {table} (site_id) VALUES ({acme.site.pk})",
        ):
            with (
                pytest.raises(DatabaseError, match="permission denied"),
                reading_as_staff(staff.pk, grant_id=grant.pk),
                connections["staff"].cursor() as cursor,
            ):
                cursor.execute(statement)


def test_a_context_for_another_person_or_grant_cannot_be_made_up(acme, staff, ask):
    grant = ask()
    with pytest.raises(DatabaseError, match="context refused"), transaction.atomic(using="staff"):
        with connections["staff"].cursor() as cursor:
            forged = f"staff.0.{staff.pk}.{grant.pk}.9999999999.{'0' * 64}"
            cursor.execute("SELECT set_config('app.ctx', %s, true)", [forged])
            cursor.execute("SELECT count(*) FROM visitors_contact")


@pytest.mark.parametrize(
    ("but", "says"),
    [
        ({"purpose": "curiosity"}, "grant_purpose"),
        ({"purpose": "newsletter_moderation"}, "moderation queue"),
        ({"reason": "just because"}, "grant_reason"),
        ({"reason": " " * 30}, "grant_reason"),
        ({"reference": "x "}, "grant_reference"),
        ({"minutes": 481}, "grant_minutes"),
        ({"minutes": 0}, "grant_minutes"),
    ],
)
def test_the_database_refuses_a_grant_without_a_good_cause(ask, but, says):
    with pytest.raises(GrantRefused, match=says):
        ask(**but)


def test_who_is_not_staff_opens_no_grant(acme, ask):
    with pytest.raises(GrantRefused, match="only staff"):
        ask(by=acme.owner.user)


def test_staff_write_no_grant_by_hand(acme, staff):
    with (
        pytest.raises(DatabaseError, match="permission denied"),
        connections["staff"].cursor() as cursor,
    ):
        cursor.execute("INSERT INTO privacy_accessgrant (site_id) VALUES (%s)", [acme.site.pk])


def test_the_application_writes_neither_grant_nor_declaration(acme, ask):
    grant = ask()
    for statement in (
        f"UPDATE privacy_accessgrant SET expires_at = now() WHERE id = {grant.pk}",
        f"SELECT app.open_grant({acme.site.pk}, 'support_issue', '{REASON}', 'T-1', 5)",
        "SELECT app.declare_view('visitors_contact', 1, ARRAY['email'])",
        f"SELECT app.journal_write({acme.site.pk}, 'staff:1', 'record.view', '', '', '{{}}')",
        f"SELECT app.journal_append('', 'x', '', '', jsonb_build_object('grant', {grant.pk}))",
    ):
        with (
            pytest.raises(DatabaseError, match=r"permission denied|own functions"),
            working_for(acme.site.pk),
            connections["default"].cursor() as cursor,
        ):
            cursor.execute(statement)


@pytest.mark.parametrize("purpose", [Purpose.ABUSE_COMPLAINT, Purpose.VIOLATION, Purpose.LAW])
def test_grave_purposes_need_a_second_person(acme, staff, second, ask, purpose):
    grant = ask(purpose=purpose)
    pk = acme.customer.pk
    assert grant.is_waiting
    with pytest.raises(DatabaseError, match="no active grant"):
        declare("visitors_contact", pk, by=staff, grant=grant)
    with pytest.raises(GrantRefused, match="does not wait for you"):
        grants.approve_grant(grant, by=staff)
    grants.approve_grant(grant, by=second)
    declare("visitors_contact", pk, by=staff, grant=grant)
    assert seen("visitors_contact", by=staff, grant=grant.pk) == [pk]


def test_a_site_that_wants_its_own_click_is_waited_for(acme, staff, ask):
    acme.site.support_waits = True
    acme.site.save(update_fields=["support_waits"])
    grant = ask()
    assert grant.is_waiting
    with pytest.raises(DatabaseError, match="no active grant"):
        declare("visitors_contact", acme.customer.pk, by=staff, grant=grant)
    with as_owner(acme):
        grants.admit_grant(grant)
    declare("visitors_contact", acme.customer.pk, by=staff, grant=grant)
    assert seen("visitors_contact", by=staff, grant=grant.pk) == [acme.customer.pk]


def test_another_site_neither_admits_nor_objects(acme, rival, ask):
    acme.site.support_waits = True
    acme.site.save(update_fields=["support_waits"])
    grant = ask()
    with as_owner(rival), pytest.raises(GrantRefused, match="does not wait"):
        grants.admit_grant(grant)
    with as_owner(rival):
        grants.object_to_grant(grant, words="Not ours")
    assert grants.grant_of(grant.pk, by=grant.staff).is_waiting


def test_an_objection_ends_the_grant_at_once(acme, staff, ask):
    grant = ask()
    declare("visitors_contact", acme.customer.pk, by=staff, grant=grant)
    with as_owner(acme):
        grants.object_to_grant(grant, words="We did not ask for help.")
    assert seen("visitors_contact", by=staff, grant=grant.pk) == []


def test_a_grant_is_good_for_a_hundred_records(acme, staff, ask):
    grant = ask()
    with reading_as_staff(staff.pk, grant_id=grant.pk), connections["staff"].cursor() as cursor:
        cursor.execute(
            "SELECT app.declare_view('visitors_contact', n, ARRAY['id']) "
            "FROM generate_series(1, 100) n"
        )
    with pytest.raises(DatabaseError, match="hundred"):
        declare("visitors_contact", 101, by=staff, grant=grant)


def test_every_step_stands_in_the_journal_of_the_site(acme, staff, second, ask):
    grant = ask(purpose=Purpose.VIOLATION)
    grants.approve_grant(grant, by=second)
    found = grants.view_record(
        grant, type(acme.customer), acme.customer.pk, fields=["email"], by=staff
    )
    assert found.email == acme.customer.email
    grants.close_grant(grant, by=staff)
    grants.close_grant(grant, by=staff)
    with working_for(acme.site.pk):
        told = list(JournalEntry.objects.filter(grant_id=grant.pk).order_by("seq"))
        assert breaks() == []
    assert [entry.action for entry in told] == [
        "grant.opened",
        "grant.approved",
        "record.view",
        "grant.closed",
    ]
    assert told[0].detail["reason"] == REASON
    assert told[2].detail["fields"] == ["email"]
    assert (told[2].object_table, told[2].object_id) == ("visitors_contact", str(acme.customer.pk))


def test_a_failed_read_is_in_the_journal_all_the_same(acme, rival, staff, ask):
    grant = ask()
    found = grants.view_record(
        grant, type(rival.customer), rival.customer.pk, fields=["email"], by=staff
    )
    assert found is None
    with working_for(acme.site.pk):
        entry = JournalEntry.objects.get(action="record.missed")
    assert entry.object_id == str(rival.customer.pk)


def as_owner(house: Any) -> Any:
    from comm100.core.tenancy import Context, context

    return context(Context(kind="operator", site_id=house.site.pk, user_id=house.owner.user_id))


@pytest.fixture
def as_administrator() -> Callable[[str], None]:
    import os

    import psycopg2

    def run(statement: str) -> None:
        with suppress(psycopg2.ProgrammingError):
            connection = psycopg2.connect(os.environ["DATABASE_URL"])
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
            connection.close()

    return run
