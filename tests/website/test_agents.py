"""Agents under contract: numbers first, one person at a time, and every disclosure is a row."""

import re
from datetime import timedelta

import pytest
from django.db import Error, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comm100.core.models import JournalEntry, take_numbers
from comm100.core.tenancy import working_for
from mail.models import Suppression
from privacy.models import Agent, AgentDisclosure
from tests.conftest import make_user
from tests.staff.conftest import with_second_factor
from visitors.models import Contact, Identification, Source, Visitor
from website.agency import disclosures_url
from website.seeding import seed_company

pytestmark = pytest.mark.policy("P6.2")
LIST = "/agents/"
AGENTS = "/staff/grants/disclosures/agents/"
NO_QUERY = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "SELECT set_config")


@pytest.fixture
def company():
    return seed_company()


@pytest.fixture
def desk(staff):
    return with_second_factor(staff)


@pytest.fixture
def caller(company):
    return make_user("carl@callers.example", "Carl Caller")


@pytest.fixture
def contract() -> dict[str, object]:
    return {
        "email": "carl@callers.example",
        "name": "Callers & Co",
        "contract": "C-2026-07",
        "task": "Invite to the autumn fair",
        "scope": Agent.Scope.WROTE,
        "expires_on": str(timezone.now().date() + timedelta(days=30)),
    }


@pytest.fixture
def agent(desk, caller, contract) -> Agent:
    assert desk.post(AGENTS, contract).status_code == 302
    return Agent.objects.get()


@pytest.fixture
def phone(agent, sign_in, caller):
    """The agent's browser."""
    return sign_in(caller)


def known(company, name: str, source: Source) -> Contact:
    with working_for(company.pk):
        contact = Contact(site=company, number=take_numbers("contact"), name=name, source=source)
        contact.set_email(f"{name.lower()}@people.example")
        contact.save()
    return contact


@pytest.fixture
def wanda(company) -> Contact:
    """She wrote by the contact form."""
    return known(company, "Wanda", Source.CONTACT_FORM)


def test_an_agent_sees_numbers_then_one_person_and_the_row_comes_first(phone, agent, wanda):
    listed = phone.get(LIST).content.decode()
    assert f"No. {wanda.number}" in listed
    assert "Wanda" not in listed
    assert "people.example" not in listed
    one = f"/agents/contacts/{wanda.number}/"
    assert "wanda@people.example" not in phone.get(one).content.decode()
    assert not AgentDisclosure.objects.exists()
    assert phone.post(one).status_code == 302
    row = AgentDisclosure.objects.get()
    assert (row.agent, row.contact_id, row.fields) == (agent, wanda.pk, ["name", "email"])
    shown = phone.get(one).content.decode()
    assert "Wanda" in shown
    assert "wanda@people.example" in shown
    with working_for(wanda.site_id):
        assert JournalEntry.objects.get(action="agent.shown").actor == f"agent:{agent.pk}"


def test_who_gave_no_address_is_not_there(phone, company, wanda):
    with working_for(company.pk):
        nobody = Visitor.objects.create(site=company, key=b"1" * 16)
        proof = Identification.objects.create(
            site=company, contact=wanda, how=Identification.How.FORM, where="contact form"
        )
        somebody = Visitor.objects.create(
            site=company, key=b"2" * 16, contact=wanda, identified_by=proof
        )
    assert phone.get(f"/agents/visitors/{nobody.pk}/").status_code == 404
    answer = phone.get(f"/agents/visitors/{somebody.pk}/")
    assert answer["Location"] == f"/agents/contacts/{wanda.number}/"
    assert not AgentDisclosure.objects.exists()


@pytest.mark.parametrize("source", [Source.IMPORT, Source.OPERATOR, Source.SUBSCRIPTION])
def test_who_is_out_of_scope_is_not_there(phone, company, source):
    other = known(company, "Otto", source)
    assert f"No. {other.number}" not in phone.get(LIST).content.decode()
    for method in (phone.get, phone.post):
        assert method(f"/agents/contacts/{other.number}/").status_code == 404
    assert not AgentDisclosure.objects.exists()


def test_who_left_the_companys_mail_is_not_there(phone, company, wanda):
    with working_for(company.pk):
        Suppression.objects.create(site=company, address_hash=wanda.email_hash, reason=1)
    assert phone.post(f"/agents/contacts/{wanda.number}/").status_code == 404


def test_contacts_of_other_sites_are_not_there(phone, acme):
    with working_for(acme.site.pk):
        Contact.objects.update(source=Source.CONTACT_FORM)
    assert phone.get(f"/agents/contacts/{acme.customer.number}/").status_code == 404
    assert "Nobody in your scope" in phone.get(LIST).content.decode()


def test_it_is_over_with_the_contract(phone, agent, desk, wanda):
    Agent.objects.update(expires_on=timezone.now().date())
    assert phone.get(LIST).status_code == 404
    Agent.objects.update(expires_on=timezone.now().date() + timedelta(days=1))
    assert phone.get(LIST).status_code == 200
    desk.post(f"{AGENTS}{agent.pk}/end/")
    assert phone.post(f"/agents/contacts/{wanda.number}/").status_code == 404


def test_nobody_else_finds_these_pages(sign_in, acme, client, wanda):
    assert sign_in(acme.owner).get(LIST).status_code == 404
    assert client.get(LIST).status_code == 302


BAD = [("contract", ""), ("expires_on", "2020-01-01"), ("expires_on", "2100-01-01"), ("task", "")]
BAD += [("email", "nobody@callers.example"), ("scope", "9")]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_an_agent_needs_contract_scope_and_expiry(desk, caller, contract, field, value):
    assert desk.post(AGENTS, contract | {field: value}).status_code == 422
    assert not Agent.objects.exists()


def test_a_person_sees_whom_they_were_shown_to(client, phone, wanda):
    page = disclosures_url(wanda).removeprefix("http://testserver")
    assert "Nobody" in client.get(page).content.decode()
    phone.post(f"/agents/contacts/{wanda.number}/")
    told = client.get(page).content.decode()
    assert "Callers &amp; Co" in told
    assert "wanda@people.example" not in told
    assert page in phone.get(f"/agents/contacts/{wanda.number}/").content.decode()
    choices = re.search(r'href="[^"]*(/p/company/newsletter/preferences/[^"]+)"', told)
    assert client.get(choices[1]).status_code == 200
    assert client.get("/disclosures/bent/").status_code == 404


def test_the_list_of_disclosures_cannot_be_changed(phone, wanda, desk, agent):
    phone.post(f"/agents/contacts/{wanda.number}/")
    for act in (
        AgentDisclosure.objects.all().delete,
        lambda: AgentDisclosure.objects.update(fields=[]),
    ):
        with pytest.raises(Error), transaction.atomic():
            act()
    assert f"No. {wanda.number}" in desk.get(f"{AGENTS}{agent.pk}/").content.decode()


def test_a_list_costs_the_same_however_long(phone, company):
    costs = []
    for count in (1, 8):
        for number in range(count):
            known(company, f"Person{count}x{number}", Source.CONTACT_FORM)
        phone.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            assert "No. " in phone.get(LIST).content.decode()
        costs.append(len([q for q in queries if not q["sql"].startswith(NO_QUERY)]))
    assert costs[0] == costs[1] <= 12
