"""The contact form: three fields make a contact of the company and a letter to it."""

import pytest
from django.conf import settings

from comm100.core.tenancy import working_for
from visitors.models import Contact, ContactEvent, Source
from website.seeding import seed_company

FORM = {
    "name": "Vera Visitor",
    "web_url": "vera.example",
    "email": "Vera@Example.com",
    "message": "Do you speak Norwegian?",
    "fax": "",
}
URL = "/contact/"


@pytest.fixture
def company():
    return seed_company()


def contacts(company) -> list[Contact]:
    with working_for(company.pk):
        return list(Contact.objects.all())


@pytest.mark.policy("P2.2", "P4.4")
def test_a_message_makes_a_contact_and_reaches_the_company(client, company, post_office):
    assert client.post(URL, FORM)["Location"] == "/contact/thanks/"
    assert client.get("/contact/thanks/").status_code == 200
    (contact,) = contacts(company)
    assert (contact.name, contact.email) == ("Vera Visitor", "vera@example.com")
    assert contact.fields == {"web_url": "https://vera.example"}
    assert contact.source == Source.CONTACT_FORM
    post_office.deliver()
    (letter,) = post_office.to(settings.COMPANY_EMAIL)
    assert "Do you speak Norwegian?" in letter.text
    assert letter.message["Reply-To"] == "vera@example.com"


@pytest.mark.policy("P2.2")
def test_name_web_site_and_address_are_all_it_takes(client, company):
    form = {name: FORM[name] for name in ("name", "web_url", "email")}
    assert client.post(URL, form).status_code == 302
    assert len(contacts(company)) == 1


@pytest.mark.policy("P2.2")
@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("name", "Enter your name."),
        ("web_url", "Enter the address of your web site."),
        ("email", "Enter an e-mail address."),
    ],
)
def test_each_missing_field_is_named_and_the_message_stays(client, company, field, says):
    answer = client.post(URL, FORM | {field: ""})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert "Do you speak Norwegian?" in answer.content.decode()
    assert contacts(company) == []


def test_a_double_click_writes_once(client, company, post_office):
    client.post(URL, FORM)
    assert client.post(URL, FORM).status_code == 302
    post_office.deliver()
    assert len(post_office.to(settings.COMPANY_EMAIL)) == 1


def test_a_program_that_fills_in_everything_gets_nowhere(client, company):
    assert client.post(URL, FORM | {"fax": "555"}).status_code == 302
    assert contacts(company) == []


def test_a_flood_is_stopped_and_nothing_is_lost(client, company):
    for number in range(5):
        client.post(URL, FORM | {"message": f"Message {number}"})
    answer = client.post(URL, FORM | {"message": "One too many"})
    assert answer.status_code == 429
    assert "One too many" in answer.content.decode()
    assert "Wait a minute" in answer.content.decode()


def test_a_stranger_changes_nothing_of_a_known_contact(client, company):
    client.post(URL, FORM)
    client.post(URL, FORM | {"name": "Mallory", "web_url": "mallory.example"})
    (contact,) = contacts(company)
    assert contact.name == "Vera Visitor"
    assert contact.fields == {"web_url": "https://vera.example"}
    with working_for(company.pk):
        assert ContactEvent.objects.filter(kind="contact_form").count() == 2


@pytest.mark.parametrize("name", ["Vera\r\nBcc: all@example.com", "See https://spam.example"])
def test_a_name_is_a_name(client, company, name):
    assert client.post(URL, FORM | {"name": name}).status_code == 422
