"""The journal page: plain words, filters, a download, and the proof that nothing was changed."""

import csv
import os

import psycopg2
import pytest

from comm100.core.journal import record
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from operators.models import Operator, Role
from operators.operations import add_operator
from tests.conftest import PASSWORD

URL = "journal/"


def rows(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))


def test_it_tells_who_did_what_in_plain_words(acme, sign_in):
    client = sign_in(acme.owner)
    client.post(acme.url(f"operators/{acme.reader.number}/role/"), {"role": "3"})
    html = client.get(acme.url(URL)).content.decode()
    assert "changed Rita acme from reader to editor" in html
    assert "founded the site" in html
    assert "Ann Owner" in html


def test_an_action_without_words_reads_all_the_same(acme, sign_in):
    with working_for(acme.site.pk):
        record("kite.flown", by=acme.editor, height=30)
    html = sign_in(acme.owner).get(acme.url(URL)).content.decode()
    assert "kite flown (height 30)" in html


@pytest.mark.parametrize(
    ("action", "detail", "reads"),
    [
        ("site.closing", {"until": "2026-12-29"}, "have the site deleted on 29 December 2026"),
        ("mailing.cancelled", {"settled": 0, "total": 0}, "a mailing before any of it left"),
        ("mailing.cancelled", {"settled": 1200, "total": 5000}, "after 1,200 of 5,000 mails"),
        ("mailing.resent", {"count": 1}, "sent 1 mail of unknown fate again"),
        ("suppression.added", {"count": 2}, "took 2 addresses out of all newsletters"),
        ("list.removed", {}, "removed a list with ? subscribers"),
        (
            "grant.opened",
            {"minutes": 15, "purpose": "legal_requirement", "reference": "order 4"},
            "asked to look at data for 15 minutes: required by law, order 4",
        ),
        ("kite.flown", {"at": "2026-03-01 10:00:00+01:00"}, "at 1 March 2026, 09:00 UTC"),
    ],
)
def test_dates_and_counts_read_as_people_write_them(acme, sign_in, action, detail, reads):
    with working_for(acme.site.pk):
        record(action, by=acme.editor, **detail)
    assert reads in sign_in(acme.owner).get(acme.url(URL)).content.decode()


def test_it_is_filtered_by_action_and_person(acme, sign_in):
    client = sign_in(acme.owner)
    lines = client.get(acme.url(URL + "?action=operator.joined")).context["lines"]
    assert {line.action for line in lines} == {"operator.joined"}
    lines = client.get(acme.url(f"{URL}?person={acme.editor.number}")).context["lines"]
    assert [line.who for line in lines] == ["Ed acme"]
    assert not client.get(acme.url(URL + "?person=x")).context["lines"]


def test_the_filter_offers_what_happened_at_this_site_and_nothing_else(acme, rival, sign_in):
    with working_for(rival.site.pk):
        record("kite.flown", by=rival.editor)
    with working_for(acme.site.pk):
        record("boat.sailed", by=acme.editor)
    offered = dict(sign_in(acme.owner).get(acme.url(URL)).context["actions"])
    assert offered["boat.sailed"] == "Boat sailed"
    assert "site.founded" in offered
    assert "kite.flown" not in offered
    with working_for(acme.site.pk):
        assert set(offered) == set(JournalEntry.objects.values_list("action", flat=True))


def test_the_filter_calls_what_happened_by_plain_words(acme, sign_in):
    with working_for(acme.site.pk):
        for action in ("record.view", "mailing.proved", "domain.key_signs", "site.closing"):
            record(action, by=acme.editor)
    labels = [label for _, label in sign_in(acme.owner).get(acme.url(URL)).context["actions"]]
    assert labels == sorted(labels)
    assert {
        "Record looked at by staff",
        "First mails of a campaign proved good",
        "Key of a sending domain in use",
        "Deletion of the site asked for",
    } < set(labels)


def test_it_is_paged_by_key_with_few_queries(acme, sign_in, django_assert_max_num_queries):
    with working_for(acme.site.pk):
        for number in range(60):
            record("test.happened", by=acme.editor, number=number)
    client = sign_in(acme.owner)
    client.get(acme.url())
    with django_assert_max_num_queries(12):
        page = client.get(acme.url(URL)).context["page"]
    assert len(page.rows) == 50
    older = client.get(acme.url(URL) + page.older).context["page"]
    assert older.rows[0].seq == page.rows[-1].seq - 1


def test_it_is_downloaded_with_its_seals_and_the_download_is_noted(acme, sign_in):
    answer = sign_in(acme.owner).get(acme.url(URL + "csv/"))
    assert answer["Content-Type"].startswith("text/csv")
    found = rows(answer)
    assert found[-1]["action"] == "site.founded"
    assert found[0]["what"] == "downloaded the journal (csv)"
    assert found[0]["prev"] == found[1]["hash"]


def test_a_long_journal_is_downloaded_whole_in_small_transactions(acme, sign_in, monkeypatch):
    monkeypatch.setattr("operators.journal_files.PART", 3)
    with working_for(acme.site.pk):
        for number in range(10):
            record("test.happened", by=acme.editor, number=number)
    client = sign_in(acme.owner)
    found = rows(client.get(acme.url(URL + "csv/")))
    assert [int(row["seq"]) for row in found] == list(range(len(found), 0, -1))
    some = rows(client.get(acme.url(URL + "csv/?action=test.happened")))
    assert [row["action"] for row in some] == ["test.happened"] * 10


@pytest.mark.policy("P9.5")
def test_a_sign_in_stands_in_the_journal_of_each_site_of_the_person(acme, rival, client):
    user = acme.editor.user
    with working_for(rival.site.pk):
        add_operator(user, role=Role.READER)
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    for house in (acme, rival):
        with working_for(house.site.pk):
            entry = JournalEntry.objects.get(action="operator.signed_in")
            operator = Operator.objects.get(user=user)
        assert (entry.actor, entry.detail) == (operator.actor_name, {"with": ["password"]})
    assert "signed in (password)" in client.get(acme.url(URL)).content.decode()


def test_a_new_name_is_noted_without_the_name(acme, sign_in):
    sign_in(acme.editor).post("/account/profile/", {"name": "Eduard New"})
    with working_for(acme.site.pk):
        entry = JournalEntry.objects.get(action="operator.renamed")
    assert (entry.actor, entry.detail) == (acme.editor.actor_name, {})


def test_a_formula_in_a_name_stays_text(acme, sign_in):
    acme.owner.user.name = "=HYPERLINK(1)"
    acme.owner.user.save()
    found = rows(sign_in(acme.owner).get(acme.url(URL + "csv/")))
    assert {row["who"][0] for row in found if "HYPERLINK" in row["who"]} == {"'"}


def test_a_whole_chain_is_confirmed_and_a_break_is_named(acme, sign_in):
    client = sign_in(acme.owner)
    assert "The chain is whole" in client.post(acme.url(URL + "check/")).content.decode()
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    with administrator, administrator.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            "UPDATE core_journalentry SET actor = 'operator:0' WHERE site_id = %s AND seq = 2",
            [acme.site.pk],
        )
    administrator.close()
    html = client.post(acme.url(URL + "check/")).content.decode()
    assert "The chain is broken" in html
    assert "one before: 2." in html


def test_another_site_does_not_show(acme, rival, sign_in):
    html = sign_in(acme.owner).get(acme.url(URL)).content.decode()
    assert "rival" not in html.lower()
    assert sign_in(rival.owner).get(acme.url(URL)).status_code == 404


@pytest.mark.parametrize("who", ["reader", "editor", "admin", "owner"])
def test_everybody_at_work_may_read_it(acme, sign_in, who):
    assert sign_in(getattr(acme, who)).get(acme.url(URL)).status_code == 200
