"""A site that grows faster than PostgreSQL's statistics: work stays in proportion to its rows.

Acme is known to them with some thousand rows in each table; Rival comes up afterwards. Counted is
what the database reads, not how long it takes.
"""

import os
import time
from collections import Counter
from contextlib import contextmanager

import psycopg2
import pytest
from django.db import connections

from accounts.models import Site
from comm100.core.fortify import every_model
from comm100.core.tenancy import SiteOwned, chosen_site, working_for
from mail import claims
from mail.models import Lane, Outbox
from mail.outcomes import Outcome
from newsletter.operations.lists import make_list
from tests.conftest import found_house
from tests.newsletter.conftest import campaign, submit, write
from tests.staff.conftest import decide, look
from tests.visitors.conftest import Importer
from visitors.importing import chunk
from visitors.importing.slices import work_slice
from visitors.models import Contact, Kind
from visitors.operations.erasing import ask_erasure

ROWS = 3_000
A_ROW = 90  # what one may read for each row of a file, in all tables and indexes
A_PAGE = 1_500  # what a page of fifty lines may read
COUNTED = """SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
  FROM pg_stat_user_tables
UNION ALL SELECT indexrelname, idx_tup_read FROM pg_stat_user_indexes"""

ALIASES = ("default", "post", "staff")
SETTLING = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
  AND pid <> pg_backend_pid() AND query LIKE '%settle_contact_search%'"""


def administrator(sql):
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(sql)
        answer = cursor.fetchall() if cursor.description else []
    connection.close()
    return answer


def tables():
    return [model._meta.db_table for model in every_model() if issubclass(model, SiteOwned)]


def read_so_far():
    """By name of table and index; what is done beside an import is told when it has ended."""
    for alias in ALIASES:
        with connections[alias].cursor() as cursor:
            cursor.execute("SELECT pg_stat_force_next_flush()")
    for _ in range(500):
        if administrator(SETTLING) == [(0,)]:
            break
        time.sleep(0.01)
    return Counter(dict(administrator(COUNTED)))


@contextmanager
def reads_at_most(most):
    before = read_so_far()
    yield
    read = read_so_far() - before
    assert read.total() <= most, f"{read.total():,} read, mostly of {read.most_common(6)}"


@contextmanager
def many_rows():
    """Some thousand are sooner read all at once than looked up; of a million nobody would."""
    ways = ("enable_seqscan", "enable_hashjoin", "enable_mergejoin")
    for value in ("off", "on"):
        with connections["default"].cursor() as cursor:
            cursor.execute(";".join(f"SET {way} = {value}" for way in ways))
        if value == "off":
            yield


def people(house, **changes):
    facts = {"City": "Rome"} | changes
    lines = (
        f"p{n * 7919 % ROWS}@{house.site.slug}{n % 50}.example,Pat {n},{','.join(facts.values())}\n"
        for n in range(ROWS)
    )
    return f"email,name,{','.join(facts)}\n" + "".join(lines)


class Grower(Importer):
    """Imports into two lists, of which one wants a word for each person."""

    def __init__(self, house, client, moderator):
        super().__init__(house, client)
        self.moderator = moderator
        with working_for(house.site.pk):
            kinds = {"News": Kind.MARKETING, "Tips": Kind.PRODUCT_NEWS}
            self.lists = [
                make_list(by=house.owner, name=name, kind=kind) for name, kind in kinds.items()
            ]

    def run(self, text, **typed):
        """As a worker does: each chunk in a transaction of its own."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("visitors.tasks.run_import.delay", lambda import_id: None)
            super().run(text, **typed)
        with chosen_site(self.house.site.pk):
            assert not work_slice(self.latest().pk)
        return self.latest()

    def grow(self, **changes):
        to = [str(row.pk) for row in self.lists]
        return self.run(people(self.house, **changes), to_lists=to, origin_note="spring fair")

    def send(self):
        """A campaign to the first list, seen by a moderator, into the outbox."""
        number = write(self.client, self.house, self.lists[0])
        submit(self.client, self.house, number)
        waiting = campaign(self.house, number)
        decide(self.moderator, waiting, "approve", look(self.moderator, waiting))
        assert campaign(self.house, number).mailing.total == ROWS


@pytest.fixture
def no_autovacuum():
    for value in ("SET (autovacuum_enabled = off)", "RESET (autovacuum_enabled)"):
        administrator(";".join(f"ALTER TABLE {table} {value}" for table in tables()))
        if value.startswith("SET"):
            yield


@pytest.fixture
def rival(acme, sign_in, moderator, monkeypatch, no_autovacuum, nobody_delivers):
    """Rival at the import page, while statistics know Acme alone."""
    monkeypatch.setattr(chunk, "CHUNK_ROWS", ROWS // 6)
    rival = found_house("rival")
    Site.objects.update(standing=Site.Standing.TRUSTED)
    first = Grower(acme, sign_in(acme.owner), moderator)
    first.grow()
    first.send()
    administrator("VACUUM ANALYZE")  # and no dead rows of other tests are counted
    return Grower(rival, sign_in(rival.owner), moderator)


@pytest.fixture
def nobody_learns(monkeypatch):
    for place in ("visitors.importing.slices", "visitors.importing.settling", "newsletter.tasks"):
        monkeypatch.setattr(f"{place}.learn_site", lambda site_id: [], raising=False)


def test_an_import_reads_in_proportion_to_its_rows(rival, nobody_learns):
    with reads_at_most(A_ROW * ROWS):
        assert rival.grow().created == ROWS
    with reads_at_most(A_ROW * ROWS):
        assert rival.grow(City="Oslo").updated == ROWS


def test_consent_that_rises_reads_in_proportion_to_its_rows(rival, nobody_learns):
    rival.run(people(rival.house), origin="none")
    with reads_at_most(A_ROW * ROWS):
        assert rival.grow().updated == ROWS


def test_after_an_import_pages_read_no_whole_site(rival):
    rival.grow()
    pages = (
        *("contacts/", "contacts/?before=900", "contacts/?source=1", "contacts/?source=3"),
        *("contacts/?consent=1", "contacts/?consent=2", "contacts/500/", "newsletter/lists/1/"),
    )
    for page in pages:
        with many_rows(), reads_at_most(A_PAGE):
            assert rival.client.get(rival.house.url(page)).status_code == 200


def test_an_outbox_is_filled_and_claimed_in_proportion(rival):
    rival.grow()
    with reads_at_most(A_ROW * ROWS):
        rival.send()
    pages = ("deliveries/", "deliveries/?state=waiting", "deliveries/?state=failed")
    for page in pages:
        with many_rows(), reads_at_most(A_PAGE):
            answer = rival.client.get(rival.house.url(f"newsletter/1/{page}"))
            assert answer.status_code == 200
    for _ in range(2):  # Acme waits, too
        with reads_at_most(20 * claims.BATCH):
            batch = claims.claim(Lane.MARKETING)
            sent = [Outcome(row.id, Outbox.State.SENT, 250, "") for row in batch.rows]
            claims.complete(batch.token, sent)


def test_a_person_is_erased_without_reading_the_others(rival):
    rival.grow()
    with working_for(rival.house.site.pk):
        person = Contact.objects.get(number=500)
    with reads_at_most(A_PAGE):
        with working_for(rival.house.site.pk):
            ask_erasure(person, by=rival.house.owner, tell=False)
    with working_for(rival.house.site.pk):
        assert not Contact.objects.filter(pk=person.pk).exists()
