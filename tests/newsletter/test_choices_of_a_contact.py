"""What a contact chose stands on their page, for operators: what holds, and how it came (P7.1)."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comm100.core.tenancy import working_for
from tests.newsletter.conftest import contact, list_with
from tests.newsletter.test_choosing import ZOE, page_of
from visitors.models import Kind


def panel(client, house, address):
    """The text of the card, without its marks."""
    page = client.get(house.url(f"contacts/{contact(house, address).number}/")).text
    return page.split("What they chose</h2>")[1].split("Timeline</h2>")[0]


def state_of(card, label):
    return card.split(f"<dt>{label}")[1].split("</dd>")[0]


@pytest.mark.policy("P7.1")
def test_operators_read_what_a_contact_chose_when_where_and_to_which_words(
    trusted, sign_in, client
):
    news = list_with(trusted, ZOE)
    url = page_of(trusted, ZOE)
    client.post(url, {"marketing": "on", "partner": "on", "lists": [news.pk]})
    client.post(url, {"partner": "on"})
    with working_for(trusted.site.pk):
        name = contact(trusted, ZOE).label
    card = panel(sign_in(trusted.reader), trusted, ZOE)

    assert ">Yes<" in state_of(card, "Offers of partners")
    assert "by themselves" in state_of(card, "Offers of partners")
    assert ">No<" in state_of(card, "News and offers")
    assert ">Nothing said<" in state_of(card, "What is new in the product")
    history = card.split("<ol")[1]
    assert f"{name} said yes to “Offers of partners”" in history
    assert f"{name} left “News”" in history
    assert history.index("said no to “News and offers”") < history.index("said yes to “Offers")
    assert "Preference page" in history
    assert "partners do not get my address" in history
    assert 'href="/privacy/' in history


def test_who_noted_a_consent_for_them_is_named(acme, sign_in):
    client = sign_in(acme.editor)
    person = {"email": ZOE, "name": "Zoe", "consent": 1, "consent_note": "Asked at the fair"}
    client.post(acme.url("contacts/new/"), person)
    card = panel(client, acme, ZOE)
    assert "Ed acme noted a yes to “News and offers”" in card
    assert "Asked at the fair" in card
    assert "noted by Acme" in state_of(card, "News and offers")


def test_a_contact_who_chose_nothing_says_so(acme, sign_in):
    card = panel(sign_in(acme.reader), acme, acme.customer.email)
    assert card.count("Nothing said") == len(Kind)
    assert "Nothing was said yet." in card


def test_who_is_left_out_altogether_is_said_to_be(trusted, sign_in):
    news = list_with(trusted, ZOE)
    url = page_of(trusted, ZOE)
    Client().post(url, {"marketing": "on", "lists": [news.pk]})
    Client().post(url, {"nothing": "1"})
    assert "gets no marketing mail at all" in panel(sign_in(trusted.reader), trusted, ZOE)


def test_the_page_asks_as_much_however_much_was_chosen(trusted, sign_in):
    lists = [list_with(trusted, ZOE, name=f"List {n}") for n in range(6)]
    url, client = page_of(trusted, ZOE), sign_in(trusted.owner)
    panel(client, trusted, ZOE)  # the first request notes the session
    counts = []
    for wish in ({"marketing": "on", "lists": [lists[0].pk]}, {}, {"marketing": "on"}):
        Client().post(url, wish | {"partner": "on"})
        with CaptureQueriesContext(connection) as asked:
            card = panel(client, trusted, ZOE)
        counts.append(len(asked))
    assert max(counts) == counts[0]
    assert "Older ones are in the" in card
