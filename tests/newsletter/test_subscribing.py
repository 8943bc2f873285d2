"""Double opt-in: ask, confirm, and nothing told to strangers (P7.1)."""

import re
import time
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from newsletter.models import NewsletterList, Subscriber
from newsletter.views import subscription
from tests.newsletter.conftest import contact, list_with, place
from tests.nights import one_night
from visitors.models import Consent, Contact

State = Subscriber.State


def ask(house, client=None, **facts):
    url = house.public_url("newsletter/news/")
    return (client or Client()).post(url, {"email": "zoe@example.net", "name": "Zoë"} | facts)


def path_in(letter):
    (link,) = [link for link in letter.links if "/confirm/" in link]
    return re.sub(r"^https?://[^/]+", "", link)


@pytest.mark.policy("P7.1")
def test_a_stranger_asks_confirms_and_is_on_the_list_with_proof(acme, post_office):
    list_with(acme, description="Once a month")
    answer = ask(acme)
    assert answer.status_code == 302
    post_office.deliver()
    (letter,) = post_office.to("zoe@example.net")
    assert letter.subject == "Please confirm: News of Acme"

    page = Client().get(path_in(letter)).content.decode()
    assert "Confirm “News”" in page
    assert place(acme, "zoe@example.net").state == State.PENDING  # looking changes nothing

    done = Client(enforce_csrf_checks=True).post(path_in(letter)).content.decode()
    assert "You are on the list" in done
    found = place(acme, "zoe@example.net")
    assert found.state == State.SUBSCRIBED
    assert found.contact.consent == Consent.CONFIRMED
    assert "Once a month" in found.wording
    with working_for(acme.site.pk):
        assert NewsletterList.objects.get().subscribed == 1
        entry = JournalEntry.objects.get(action="consent.confirmed")
        assert entry.actor == f"contact:{found.contact_id}"


def test_confirming_twice_is_harmless(acme, post_office):
    list_with(acme)
    ask(acme)
    post_office.deliver()
    path = path_in(post_office.to("zoe@example.net")[0])
    Client().post(path)
    assert "You are on the list" in Client().post(path).content.decode()
    with working_for(acme.site.pk):
        assert NewsletterList.objects.get().subscribed == 1
        assert JournalEntry.objects.filter(action="consent.confirmed").count() == 1


def test_the_answer_tells_nobody_who_is_on_the_list(acme, post_office):
    list_with(acme, "zoe@example.net")
    known, unknown = ask(acme), ask(acme, email="new@example.net")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert place(acme, "zoe@example.net").state == State.SUBSCRIBED


def test_a_strangers_form_changes_nothing_of_a_known_contact(acme, post_office):
    list_with(acme)
    ask(acme, email=acme.customer.email, name="Somebody Else")
    assert contact(acme, acme.customer.email).name == "Cat Customer"


@pytest.mark.parametrize("address", ["", "zoe", "zoe@example", "zoe@@example.net"])
def test_a_wrong_address_is_told_and_what_was_typed_stays(acme, post_office, address):
    list_with(acme)
    answer = ask(acme, email=address)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in page
    assert 'value="Zoë"' in page


def test_a_form_elsewhere_needs_no_cookie_and_sets_none(acme, post_office):
    list_with(acme)
    client = Client(enforce_csrf_checks=True)
    answer = ask(acme, client)
    assert answer.status_code == 302
    assert not answer.cookies


def test_a_program_that_fills_everything_in_is_not_believed(acme, post_office):
    list_with(acme)
    assert ask(acme, website="https://spam.example").status_code == 302
    assert contact(acme, "zoe@example.net") is None


def test_the_same_address_gets_few_mails_and_one_network_few_tries(acme, post_office):
    list_with(acme)
    client = Client()
    for _ in range(20):
        ask(acme, client)
    assert ask(acme, client).status_code == 429
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 3


def test_a_link_older_than_seven_days_says_so(acme, post_office, monkeypatch):
    list_with(acme)
    ask(acme)
    post_office.deliver()
    path = path_in(post_office.to("zoe@example.net")[0])
    now = time.time()
    monkeypatch.setattr("comm100.core.tokens.time.time", lambda: now + 8 * 24 * 3600)
    answer = Client().get(path)
    assert answer.status_code == 404
    assert "good for seven days" in answer.content.decode()


def test_a_changed_link_or_one_of_another_site_does_not_work(acme, rival, post_office):
    list_with(acme)
    ask(acme)
    post_office.deliver()
    path = path_in(post_office.to("zoe@example.net")[0])
    cut = path[:-6] + "/"
    foreign = path.replace("/p/acme/", "/p/rival/")
    for bad in (cut, foreign):
        answer = Client().post(bad)
        assert answer.status_code == 404
        assert "This link does not work" in answer.content.decode()
    assert place(acme, "zoe@example.net").state == State.PENDING


def test_a_list_without_a_form_is_not_there(acme):
    list_with(acme, is_public=False)
    assert Client().get(acme.public_url("newsletter/news/")).status_code == 404


def test_a_new_contact_through_the_form_has_agreed_to_nothing_yet(acme, post_office):
    list_with(acme)
    ask(acme)
    with working_for(acme.site.pk):
        assert Contact.objects.get(email="zoe@example.net").consent == Consent.NONE


def test_who_never_confirmed_is_forgotten_after_a_month_and_others_stay(acme, post_office):
    list_with(acme, "yan@example.net")
    ask(acme)
    ask(acme, email=acme.customer.email)
    one_night()
    assert contact(acme, "zoe@example.net")

    with working_for(acme.site.pk):
        Subscriber.objects.update(requested_at=timezone.now() - timedelta(days=31))
    one_night()
    assert contact(acme, "zoe@example.net") is None
    assert contact(acme, acme.customer.email)  # was known before
    assert place(acme, acme.customer.email) is None
    assert place(acme, "yan@example.net").state == State.SUBSCRIBED


def test_behind_a_proxy_each_visitor_has_tries_of_their_own(acme, monkeypatch):
    """All come from the proxy's address; what it tells of the visitor is what counts."""
    monkeypatch.setattr(subscription, "TRIES", 2)
    monkeypatch.setattr("allauth.app_settings.TRUSTED_PROXY_COUNT", 1)
    list_with(acme)

    def from_(address):
        return ask(acme, Client(headers={"x-forwarded-for": f"192.0.2.1, {address}"})).status_code

    assert [from_("198.51.100.7") for _ in range(3)] == [302, 302, 429]
    assert from_("198.51.100.8") == 302
