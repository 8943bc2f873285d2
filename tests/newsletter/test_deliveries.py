"""Who got a campaign, and what did their server say: filtered, searched, downloaded."""

import csv
import io

import pytest

from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.models import Outbox
from newsletter import deliveries
from tests.newsletter.conftest import list_with, submit, write
from visitors.models import Contact

REFUSED = {
    "nobody@gone.example": "550 5.1.1 No such user here",
    "full@gone.example": "552 5.2.2 The mailbox is full",
}


@pytest.fixture
def left(trusted, sign_in, post_office):
    """A campaign that left: the editor's client, and the address of its deliveries."""
    for address, reply in REFUSED.items():
        post_office.refuse(address, reply)
    news = list_with(trusted, "zoe@example.net", "yan@example.net", *REFUSED)
    client = sign_in(trusted.editor)
    number = write(client, trusted, news)
    submit(client, trusted, number)
    post_office.deliver()
    return client, trusted.url(f"newsletter/{number}/deliveries/")


def addresses(answer):
    return sorted(row.address for row in answer.context["page"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=failed", ["full@gone.example", "nobody@gone.example"]),
        ("said=550", ["nobody@gone.example"]),
        ("said=MAILBOX+is", ["full@gone.example"]),
        ("said=5.1.1&state=sent", []),
        ("said=100%25", []),
        ("domain=GONE.example", ["full@gone.example", "nobody@gone.example"]),
        ("domain=example", []),
        ("q=Zoe@Example.net", ["zoe@example.net"]),
        ("q=zo", ["zoe@example.net"]),
        ("q=gone&said=552", ["full@gone.example"]),
        ("q=gone&domain=example.net", []),
        ("said=kept&domain=example.net&state=sent", ["yan@example.net", "zoe@example.net"]),
        (
            "q=%00&said=%00&state=nonsense&before=x",
            sorted(["zoe@example.net", "yan@example.net", *REFUSED]),
        ),
    ],
)
def test_the_page_finds_readers_by_address_state_and_words_of_their_server(left, query, found):
    client, url = left
    assert addresses(client.get(f"{url}?{query}")) == found


def test_the_page_adds_up_what_was_refused_and_where(left):
    client, url = left
    refusals = client.get(url).context["refusals"]
    assert sorted(refusals.codes) == [("550", 1), ("552", 1)]
    assert refusals.domains == [("gone.example", 2)]


def test_an_address_that_the_contact_has_no_more_is_found(left, trusted):
    client, url = left
    with working_for(trusted.site.pk):
        zoe = Contact.objects.get(email="zoe@example.net")
        zoe.set_email("zoe@new.example")
        zoe.save()
    assert addresses(client.get(f"{url}?q=zoe@example.net")) == ["zoe@example.net"]


def test_another_site_finds_nothing_of_it(left, rival, trusted, sign_in):
    client = sign_in(rival.editor)
    assert client.get(rival.url("newsletter/1/deliveries/")).status_code == 404
    with working_for(trusted.site.pk):
        parts = list(Outbox.objects.exclude(mailing=None).values_list("mailing", flat=True))
    with working_for(rival.site.pk):
        from django.db import connection

        with connection.cursor() as cursor:
            values = [parts, [4, 6], None, "", "", deliveries.LAST, 50]
            cursor.execute(deliveries.SEARCH, values)
            assert cursor.fetchone() == ([], None)


def test_pages_of_a_search_go_on_where_the_last_one_ended(left, monkeypatch):
    client, url = left
    monkeypatch.setattr(deliveries, "PAGE_SIZE", 1)
    first = client.get(f"{url}?domain=gone.example")
    second = client.get(url + first.context["page"].older)
    assert addresses(first) + addresses(second) != addresses(first) * 2
    assert second.context["page"].older == ""
    assert "Back to the newest" in second.content.decode()


def test_the_csv_holds_every_row_of_a_state_and_the_journal_knows(left, trusted):
    client, url = left
    with working_for(trusted.site.pk):
        Outbox.objects.filter(address="full@gone.example").update(smtp_reply="=HYPERLINK(1)")
    answer = client.get(f"{url}csv/?state=failed")
    sheet = list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))

    assert {row["Address"]: row["Code"] for row in sheet} == {
        "nobody@gone.example": "550",
        "full@gone.example": "552",
    }
    assert "'=HYPERLINK(1)" in [row["Their server said"] for row in sheet]
    with working_for(trusted.site.pk):
        entry = JournalEntry.objects.get(action="deliveries.exported")
        assert entry.detail == {"count": 2, "state": "failed"}


def test_a_large_campaign_makes_several_files_and_no_row_is_in_two(left, trusted, monkeypatch):
    client, url = left
    monkeypatch.setattr(deliveries, "IN_A_FILE", 3)
    assert "File 2 of 2" in client.get(url).content.decode()
    files = [client.get(f"{url}csv/?part={part}").getvalue().decode() for part in (1, 2, 3)]
    assert [len(text.splitlines()) - 1 for text in files] == [3, 1, 0]


def test_a_reader_looks_and_downloads_nothing(left, trusted, sign_in):
    _, url = left
    client = sign_in(trusted.reader)
    assert client.get(url).status_code == 200
    assert client.get(f"{url}csv/").status_code == 403


def test_the_page_asks_few_queries(left, django_assert_max_num_queries):
    client, url = left
    client.get(url)
    for query in ("", "?state=failed", "?said=550", "?q=zoe"):
        with django_assert_max_num_queries(14):
            client.get(url + query)
