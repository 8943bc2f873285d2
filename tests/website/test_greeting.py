"""The front page greets who said who they are and chose it; everybody else gets the same (P3.5)."""

import pytest
from django.conf import settings
from django.test import Client

from comm100.core.tenancy import working_for
from mail.links import preferences_url
from tests.visitors.browsing import BROWSER, choose, cookie_of
from tests.visitors.conftest import _empty_buffer  # noqa: F401  a fixture
from tests.visitors.test_visits import body
from visitors.models import Contact, Identification, Source
from visitors.operations import identify
from visitors.operations.visitor import identify_visitor
from visitors.visits.choices import parse
from website.members import contact_of, introduce

GREETING = "Good to see you, "


def page_of(contact):
    url = preferences_url(settings.COMPANY_SLUG, contact.site_id, contact.pk)
    return url.removeprefix(settings.PUBLIC_URL)


def met(company, browser, contact, *, how):
    chosen = parse(cookie_of(browser))
    with working_for(company.pk):
        identify_visitor(
            chosen.key(company.pk), contact, how=how, where="x", personalise=chosen.personalise
        )


@pytest.mark.policy("P3.5")
def test_only_who_is_known_and_chose_it_is_greeted(company):
    """Each step short of it gives the anonymous page, byte for byte."""
    with working_for(company.pk):
        vic = identify(email="vic@vic.example", name="Vic Tor", source=Source.SUBSCRIPTION)
    agreed, counted, by_signal = Client(**BROWSER), Client(**BROWSER), Client(**BROWSER)
    choose(agreed, "accept")
    choose(counted, "save", counted="on")
    anonymous = {client: body(client, "/") for client in (agreed, counted)}
    for client in (agreed, counted):
        met(company, client, vic, how=Identification.How.PROMOTION)
        assert body(client, "/") == anonymous[client]  # known, but nothing chosen

    Client().post(page_of(vic), {"personalise": "on"})
    assert GREETING + "Vic." in body(agreed, "/")
    assert body(counted, "/") == anonymous[counted]  # this browser is not to be combined
    assert agreed.get("/")["Cache-Control"] == "private, no-store"
    assert "Cache-Control" not in counted.get("/").headers
    signal = agreed.get("/", headers={"Sec-GPC": "1"}).text
    assert GREETING not in signal
    for path in ("/contact/", "/privacy/", "/customers/"):
        assert "Vic" not in body(agreed, path)

    Client().post(page_of(vic), {"marketing": "on"})
    assert body(agreed, "/") == anonymous[agreed]
    choose(by_signal, "reject")
    assert GREETING not in body(by_signal, "/")


@pytest.mark.policy("P3.5", "P4.4")
def test_an_address_that_somebody_typed_greets_nobody(company):
    """Vic chose to be greeted; a stranger who types Vic's address reads no word of Vic."""
    with working_for(company.pk):
        vic = identify(email="vic@vic.example", name="Vic Tor", source=Source.ACCOUNT)
    Client().post(page_of(vic), {"personalise": "on"})
    stranger = Client(**BROWSER)
    choose(stranger, "accept")
    before = body(stranger, "/")
    form = {"name": "Eve", "web_url": "https://eve.example", "email": "vic@vic.example"}
    assert stranger.post("/contact/", form).status_code == 302
    assert body(stranger, "/") == before


@pytest.mark.policy("P3.5", "P8.1")
def test_a_signed_in_person_is_greeted_by_choice_and_choices_follow_the_address(
    acme, company, sign_in
):
    user, ann = acme.owner.user, sign_in(acme.owner)
    with working_for(company.pk):
        introduce(user)
    assert GREETING not in body(ann, "/")
    ann.post("/account/choices/", {"personalise": "on"})
    assert GREETING + "Ann." in body(ann, "/")
    assert "Open Acme" in body(ann, "/")
    assert GREETING not in body(sign_in(acme.editor), "/")
    told = ann.get("/account/choices/receipts.json").json()
    assert [one["after"] for one in told["receipts"] if one["kind"] == "personalise"] == ["yes"]

    with working_for(company.pk):
        before = contact_of(user).pk
    new_address(user, "ann@elsewhere.example")
    with working_for(company.pk):
        assert Contact.objects.get(email="ann@elsewhere.example").pk == before
    assert GREETING + "Ann." in body(ann, "/")


def new_address(user, email):
    """As allauth tells it when somebody confirmed another address."""
    from allauth.account.signals import email_changed

    old, new = user.emailaddress_set.get(), user.emailaddress_set.model(user=user, email=email)
    user.email = email
    user.save()
    email_changed.send(
        type(user), request=None, user=user, from_email_address=old, to_email_address=new
    )
