"""The wall: row-level security believes only a signed context, and fails closed."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from comm100.core.journal import breaks, record
from comm100.core.tenancy import (
    AnotherSiteChosen,
    Context,
    NoSiteChosen,
    across_sites,
    working_for,
)
from visitors.models import Contact, ContactEvent, Import


def test_a_query_without_a_site_is_refused():
    with pytest.raises(NoSiteChosen):
        Contact.objects.count()


def test_without_a_context_the_database_shows_nothing(acme):
    with across_sites():
        assert Contact.objects.count() == 0


def test_work_for_one_site_sees_only_its_rows(acme, rival):
    with working_for(acme.site.pk), across_sites():
        assert [c.pk for c in Contact.objects.all()] == [acme.customer.pk]


def test_work_for_one_site_cannot_turn_to_another(acme, rival):
    with working_for(acme.site.pk), pytest.raises(AnotherSiteChosen), working_for(rival.site.pk):
        pass


@pytest.mark.parametrize("bend", ["site", "expires", "cut", "garbage"])
def test_a_bent_context_is_an_error(acme, rival, bend):
    signed = Context(kind="task", site_id=acme.site.pk).signed()
    parts = signed.split(".")
    forged = {
        "site": ".".join([parts[0], str(rival.site.pk), *parts[2:]]),
        "expires": ".".join([*parts[:4], "9999999999", parts[5]]),
        "cut": ".".join(parts[:5]),
        "garbage": "garbage",
    }[bend]
    with pytest.raises(DatabaseError, match="context refused"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('app.ctx', %s, true)", [forged])
            cursor.execute("SELECT count(*) FROM visitors_contact")


def test_a_row_cannot_be_written_for_another_site(acme, rival):
    with pytest.raises(DatabaseError, match="row-level security"), working_for(acme.site.pk):
        ContactEvent.objects.create(
            site=rival.site, contact=rival.customer, kind="test", text="foreign"
        )


def test_a_reference_cannot_cross_sites(acme, rival):
    with pytest.raises(IntegrityError), working_for(acme.site.pk):
        ContactEvent.objects.create(
            site=acme.site, contact_id=rival.customer.pk, kind="test", text="foreign"
        )


def test_a_reference_checked_by_statement_cannot_cross_sites(acme, rival):
    """As a foreign key would: on insert, on update, and where what is referred to goes."""
    with working_for(rival.site.pk):
        foreign = Import.objects.create(site=rival.site, number=1)
    with pytest.raises(IntegrityError), working_for(acme.site.pk):
        Contact.objects.update(imported_by_id=foreign.pk)
    with pytest.raises(IntegrityError), working_for(acme.site.pk):
        Contact.objects.create(site=acme.site, number=9, source=1, imported_by_id=foreign.pk)
    with working_for(acme.site.pk):
        own = Import.objects.create(site=acme.site, number=1)
        Contact.objects.update(imported_by_id=own.pk)
    with pytest.raises(IntegrityError), working_for(acme.site.pk), connection.cursor() as cursor:
        cursor.execute("DELETE FROM visitors_import")
    with pytest.raises(IntegrityError), connections["owner"].cursor() as cursor:
        cursor.execute("DELETE FROM accounts_site WHERE id = %s", [acme.site.pk])


def test_the_post_reads_no_contacts():
    with pytest.raises(DatabaseError, match="permission denied"):
        connections["post"].cursor().execute("SELECT count(*) FROM visitors_contact")


def test_staff_read_no_contacts(acme):
    with connections["staff"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM visitors_contact")
        assert cursor.fetchone() == (0,)


def test_the_app_role_may_not_change_tables(acme):
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("TRUNCATE visitors_contact CASCADE")
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute("DROP POLICY site_rows ON visitors_contact")


def test_the_journal_is_a_whole_chain_that_only_grows(acme):
    with working_for(acme.site.pk):
        record("test.happened", acme.customer, by=acme.owner, count=3)
        assert breaks() == []
    with pytest.raises(DatabaseError), working_for(acme.site.pk):
        connection.cursor().execute("UPDATE core_journalentry SET actor = 'nobody'")
