"""The end of a site: everything of it goes, nothing else, and only when its days are over."""

import os
from pathlib import Path

import psycopg2
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.cache import cache
from django.db import DatabaseError, connection, connections, transaction
from django.utils import timezone

from accounts.models import Site, Tombstone, User
from comm100.core import purging as core_purging
from comm100.core.fortify import every_model
from comm100.core.journal import breaks
from comm100.core.models import JournalEntry, JournalHead
from comm100.core.purging import purge_order
from comm100.core.storage import site_path
from comm100.core.tenancy import Context, SiteOwned, context, working_for
from mail.models import Pace
from operators import purging, tasks
from tests.conftest import PASSWORD
from tests.operators.test_closing import as_administrator, days_pass
from tests.planting import plant, rows_of
from tests.sweep import places
from visitors.models import ContactEvent, PageView

CANARY = "canarye6"
REFUSED = "not to be deleted, or not yet"


@pytest.fixture
def over(acme, sign_in):
    """A site whose days of grace are over."""
    facts = {"name": acme.site.name, "password": PASSWORD}
    sign_in(acme.owner).post(acme.url("settings/deletion/"), facts)
    days_pass(acme, 31)
    return acme


def at_work(house, who=None):
    who = who or house.owner
    return context(Context(kind="operator", site_id=house.site.pk, user_id=who.user_id))


def ask(statement, *given, alias="default"):
    with connections[alias].cursor() as cursor:
        cursor.execute(statement, given)
        return cursor.fetchall() if cursor.description else None


def purge_rows(house, table="core_journalentry"):
    with working_for(house.site.pk):
        return ask("SELECT app.purge_rows(%s, 10)", table)


def counts_of(site_id):
    with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
        cursor, found = administrator.cursor(), {}
        for table in purge_order():
            cursor.execute(f"SELECT count(*) FROM {table} WHERE site_id = %s", [site_id])
            (found[table],) = cursor.fetchone()
    administrator.close()
    return {table: n for table, n in found.items() if n}


def head_of(site):
    with working_for(site.pk):
        return bytes(JournalHead.objects.get().hash)


def test_the_order_knows_every_table_of_sites():
    owned = {m._meta.db_table for m in every_model() if issubclass(m, SiteOwned)}
    assert set(purge_order()) == owned
    assert purge_order()[-2:] == ["core_journalentry", "core_journalhead"]


def plant_everywhere(house, staff) -> Path:
    """In the site itself, its tables and a file, and where others speak of it."""
    Site.objects.filter(pk=house.site.pk).update(
        name=f"{CANARY} Ltd", slug=CANARY, web_url=f"https://{CANARY}.example", industry=CANARY
    )
    house.site.refresh_from_db()
    domain = plant(house.site, 31, CANARY)["mail_sendingdomain"].name
    at = timezone.now()
    Pace.objects.create(key=f"from:{domain}", rate=1, since=at, next_at=at, queue_until=at)
    LogEntry.objects.create(
        user=staff,
        content_type=ContentType.objects.get_for_model(Site),
        action_flag=2,
        object_id=str(house.site.pk),
        object_repr=house.site.name,
    )
    media = Path(os.environ["COMM100_DATA"]) / "media"
    file = media / site_path(house.site.pk, "imports", ".csv")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(CANARY)
    return file


@pytest.mark.policy("P9.1")
def test_after_the_purge_nothing_of_the_site_is_anywhere(acme, rival, staff, sign_in):
    """The canary stood in every text column, in a file, a log of staff and beside the tables."""
    file = plant_everywhere(acme, staff)
    plant(rival.site, 31, "neighbour2d")
    sign_in(acme.owner).post(
        acme.url("settings/deletion/"), {"name": acme.site.name, "password": PASSWORD}
    )
    assert len(places(CANARY)) > 20
    days_pass(acme, 31)
    before, neighbour = counts_of(acme.site.pk), rows_of(rival.site)
    head, users = head_of(acme.site), set(User.objects.values_list("email", flat=True))

    tasks.purge_sites()

    cache.clear()
    assert places(CANARY) == []
    assert not Site.objects.filter(pk=acme.site.pk).exists()
    assert not file.parent.parent.exists()
    assert counts_of(acme.site.pk) == {}
    assert rows_of(rival.site) == neighbour
    assert set(User.objects.values_list("email", flat=True)) == users
    stone = Tombstone.objects.get()
    assert (stone.of_site, stone.rows, bytes(stone.head)) == (None, before, head)
    assert sign_in(acme.owner).get("/sites/").status_code == 200
    assert sign_in(acme.owner).get(acme.url()).status_code == 404
    with working_for(rival.site.pk):
        assert breaks() == []
    tasks.purge_sites()  # nothing is left to do
    assert Tombstone.objects.count() == 1


def test_a_killed_purge_goes_on(over, monkeypatch):
    with working_for(over.site.pk):
        for number in range(12):
            ContactEvent.objects.create(
                site=over.site, contact=over.customer, kind="x", text=str(number)
            )
    before, head = counts_of(over.site.pk), head_of(over.site)
    monkeypatch.setattr(purging, "MOST_AT_ONCE", 5)
    real, chunks = purging._purge_rows, iter(range(100))

    def until_the_power_is_cut(*where):
        if next(chunks) == 40:
            raise SystemExit
        return real(*where)

    with monkeypatch.context() as patch:
        patch.setattr(purging, "_purge_rows", until_the_power_is_cut)
        with pytest.raises(SystemExit):
            tasks.purge_sites()
    assert 0 < sum(counts_of(over.site.pk).values()) < sum(before.values())
    assert Tombstone.objects.get().of_site == over.site.pk
    tasks.purge_sites()
    stone = Tombstone.objects.get()
    assert (stone.of_site, stone.rows, bytes(stone.head)) == (None, before, head)


def test_what_comes_in_meanwhile_goes_too(over, monkeypatch):
    real = purging._end

    def late(site_id):
        with working_for(site_id):
            PageView.objects.create(site_id=site_id, page="/late")
        return real(site_id)

    with monkeypatch.context() as patch:
        patch.setattr(purging, "_end", late)
        assert purging.purge_some(over.site.pk, seconds=60)
    assert Site.objects.filter(pk=over.site.pk).exists()
    assert Tombstone.objects.get().of_site == over.site.pk
    assert not purging.purge_some(over.site.pk, seconds=60)
    assert not Site.objects.filter(pk=over.site.pk).exists()


def test_a_task_for_a_site_that_stays_deletes_nothing(acme, sign_in):
    before = counts_of(acme.site.pk)
    with pytest.raises(DatabaseError, match=REFUSED):
        purging.purge_some(acme.site.pk, seconds=60)
    facts = {"name": acme.site.name, "password": PASSWORD}
    sign_in(acme.owner).post(acme.url("settings/deletion/"), facts)
    days_pass(acme, 29)
    with pytest.raises(DatabaseError, match=REFUSED):
        purging.purge_some(acme.site.pk, seconds=60)
    after = counts_of(acme.site.pk)
    assert {t: n for t, n in after.items() if n < before.get(t, 0)} == {}


@pytest.mark.policy("P9.3", "P10.4")
def test_the_journal_of_a_site_that_stays_is_append_only_for_everybody(acme, rival, over_rival):
    """By every role, by the functions of the purge, in its own context and in that of a site whose
    days are over."""
    for house in (acme,):
        with pytest.raises(DatabaseError, match=REFUSED):
            purge_rows(house)
    with working_for(rival.site.pk):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            ask("DELETE FROM core_journalentry")
    for alias in ("default", "owner", "post", "staff"):
        with pytest.raises(DatabaseError), transaction.atomic(using=alias):
            ask("DELETE FROM core_journalentry WHERE site_id = %s", acme.site.pk, alias=alias)
            raise_if_there(acme)
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(alias):
            ask("SET ROLE comm100_purger", alias=alias)
    with psycopg2.connect(os.environ["DATABASE_URL"]) as administrator:
        with pytest.raises(psycopg2.DatabaseError, match="append-only"):
            administrator.cursor().execute("DELETE FROM core_journalentry")
    administrator.close()
    # the purge at work on another site reaches none of ours
    with working_for(rival.site.pk):
        ask("SELECT app.begin_purge()")
        ask("SELECT app.purge_rows('core_journalentry', 1000)")
    with working_for(acme.site.pk):
        assert JournalEntry.objects.exists()
        assert breaks() == []


@pytest.fixture
def over_rival(rival, sign_in):
    facts = {"name": rival.site.name, "password": PASSWORD}
    sign_in(rival.owner).post(rival.url("settings/deletion/"), facts)
    days_pass(rival, 31)


def raise_if_there(house):
    """Row-level security hides what a role may not touch: then nothing was deleted, either."""
    with working_for(house.site.pk):
        assert JournalEntry.objects.exists()
    raise DatabaseError


def test_nobody_writes_when_a_site_ends(acme, rival):
    """Neither the application, in any context, nor the owner of the tables."""
    past = "2020-01-01T00:00Z"
    for alias in ("default", "owner"):
        for statement in (
            "UPDATE accounts_site SET closes_at = %s WHERE id = %s",
            "UPDATE accounts_site SET id = 987654, closes_at = NULL WHERE %s <> '' AND id = %s",
            "UPDATE accounts_site SET is_company = NOT is_company WHERE %s <> '' AND id = %s",
        ):
            with pytest.raises(DatabaseError), transaction.atomic(using=alias):
                ask(statement, past, acme.site.pk, alias=alias)
    with at_work(acme), pytest.raises(DatabaseError, match="say when a site ends"):
        with transaction.atomic():
            ask("UPDATE accounts_site SET closes_at = %s WHERE id = %s", past, acme.site.pk)
    with pytest.raises(DatabaseError, match="does not begin with its end"), transaction.atomic():
        Site.objects.create(slug="new", name="New", web_url="https://x.example", closes_at=past)


def test_only_an_owner_at_work_closes_a_site(acme, rival, company):
    contexts = [
        Context(kind="task", site_id=acme.site.pk),
        Context(kind="task", site_id=acme.site.pk, user_id=acme.owner.user_id),
        Context(kind="public", site_id=acme.site.pk),
        Context(kind="operator", site_id=acme.site.pk, user_id=acme.admin.user_id),
        Context(kind="operator", site_id=acme.site.pk, user_id=rival.owner.user_id),
        Context(kind="user", user_id=acme.owner.user_id),
    ]
    for one in contexts:
        for function in ("close_site", "keep_site"):
            with pytest.raises(DatabaseError, match="only an owner"), context(one):
                ask(f"SELECT app.{function}()")
    assert not Site.objects.filter(closes_at__isnull=False).exists()


def test_the_company_is_never_purged(company):
    from tests.privacy.test_retention import add_boss

    boss = add_boss(company)
    with pytest.raises(DatabaseError, match="the company keeps its own site"):
        with context(Context(kind="operator", site_id=company.pk, user_id=boss.user_id)):
            ask("SELECT app.close_site()")
    as_administrator("UPDATE accounts_site SET closes_at = now() - interval '1 day'")
    tasks.purge_sites()
    with working_for(company.pk), pytest.raises(DatabaseError, match=REFUSED):
        ask("SELECT app.begin_purge()")
    assert Site.objects.filter(pk=company.pk).exists()


def test_only_tables_of_sites_can_be_named(over):
    with working_for(over.site.pk):
        ask("SELECT app.begin_purge()")
    names = ["accounts_user", "accounts_site", "django_session", "mail_pace", "nothing"]
    for name in [*names, "x; DELETE FROM accounts_user", 'core_counter" WHERE true --']:
        with pytest.raises(DatabaseError, match="is no table of sites"):
            purge_rows(over, name)


def test_a_tombstone_is_written_by_the_purge_alone(over):
    tasks.purge_sites()
    for statement in (
        "UPDATE accounts_tombstone SET rows = '{}'",
        "DELETE FROM accounts_tombstone",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_circle_of_references_is_told(monkeypatch):
    core_purging.purge_order.cache_clear()
    monkeypatch.setattr(core_purging, "_refers_to", lambda model: set(every_model()))
    with pytest.raises(ValueError, match="in a circle"):
        purge_order()
    core_purging.purge_order.cache_clear()
