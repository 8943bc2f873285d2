"""A visitor gets a name by an account or by an offer, and by nothing before (P2.1, P4.4)."""

import re

import pytest
from django.test import Client

from accounts.models import User
from comm100.core.tenancy import working_for
from tests.accounts.test_signing_up import FORM, sign_up
from tests.newsletter.conftest import list_with
from tests.visitors.browsing import BROWSER, choose, move, tell, visitors_of
from tests.visitors.conftest import _empty_buffer  # noqa: F401  a fixture
from visitors.models import Contact, Identification, Visitor

How = Identification.How


@pytest.fixture
def browser():
    return Client(**BROWSER)


def path_in(letter, part):
    [link] = [link for link in letter.links if part in link]
    return re.sub(r"^https?://[^/]+", "", link)


def proof_of(site):
    with working_for(site.pk):
        visitor = Visitor.objects.select_related("identified_by", "contact").get()
        return visitor.contact, visitor.identified_by


@pytest.mark.policy("P2.1", "P4.4")
def test_who_registers_becomes_a_user_beside_the_visitor(company, browser, post_office):
    """Anonymous while the form is sent; a contact once the address is theirs. Two tables."""
    choose(browser, "accept")
    browser.get("/")
    sign_up(browser)
    move()
    assert proof_of(company) == (None, None)
    post_office.deliver()
    browser.post(path_in(post_office.to(FORM["email"])[0], "/confirm-email/"))
    contact, proof = proof_of(company)
    assert contact.email == FORM["email"]
    assert (proof.how, proof.where) == (How.ACCOUNT, "account")
    assert User.objects.get().email == FORM["email"]
    assert not {"user", "password", "email"} & {field.name for field in Visitor._meta.fields}


@pytest.mark.policy("P2.1", "P4.1")
def test_who_registers_without_having_agreed_stays_unknown_as_a_visitor(
    company, browser, post_office
):
    choose(browser, "reject")
    sign_up(browser)
    post_office.deliver()
    browser.post(path_in(post_office.to(FORM["email"])[0], "/confirm-email/"))
    move()
    assert visitors_of(company) == []
    with working_for(company.pk):
        assert Contact.objects.get().email == FORM["email"]  # by the account, without any visit
        assert not Identification.objects.exists()


@pytest.mark.policy("P4.4")
def test_who_answers_an_offer_gets_a_name_by_that(acme, browser, post_office):
    list_with(acme)
    choose(browser, "accept", acme.public_url("cookies/"))
    tell(browser, acme, p="https://acme.example/")
    browser.post(acme.public_url("newsletter/news/"), {"email": "zoe@example.net", "name": "Zoë"})
    move()
    assert proof_of(acme.site) == (None, None)
    post_office.deliver()
    browser.post(path_in(post_office.to("zoe@example.net")[0], "/confirm/"))
    contact, proof = proof_of(acme.site)
    assert (contact.email, proof.how) == ("zoe@example.net", How.PROMOTION)
