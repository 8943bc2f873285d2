"""Sign-up: name, web site URL, e-mail and a password; a verified address opens the site."""

import pytest
from django.core import mail
from django.test import Client

from accounts.models import Site, User
from comm100.core.documents import version_today
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from operators.models import Operator, Role

URL = "/account/signup/"
FORM = {
    "name": "Nora North",
    "web_url": "northwind.example",
    "email": "nora@northwind.example",
    "password1": "a bicycle for two",
}


def sign_up(client: Client, **changes: str):
    return client.post(URL, FORM | changes)


@pytest.mark.policy("P2.2", "P11.1")
def test_the_four_required_fields_found_a_site_with_an_owner(client, company, post_office):
    assert sign_up(client)["Location"] == "/account/confirm-email/"

    user = User.objects.get(email=FORM["email"])
    site = Site.objects.get(web_url="https://northwind.example")
    assert (user.name, site.name, site.slug) == ("Nora North", "northwind.example", "northwind")
    assert (user.policy_version, user.agreement_version) == (
        version_today("policy"),
        version_today("agreement"),
    )
    with working_for(site.pk):
        owner = Operator.objects.get()
        assert (owner.user, owner.role) == (user, Role.OWNER)
        founded = JournalEntry.objects.get(action="site.founded")
        assert founded.detail["policy"] == version_today("policy")


@pytest.mark.policy("P2.3")
def test_optional_fields_may_be_blank_and_are_then_null(client, company):
    sign_up(client, company_address="", employees="", industry="")
    site = Site.objects.get(web_url="https://northwind.example")
    assert (site.company_address, site.employees, site.industry) == (None, None, None)


@pytest.mark.policy("P2.3")
def test_optional_fields_are_kept(client, company):
    sign_up(client, company_address="1 Dock Road", employees="2", industry="Bicycles")
    site = Site.objects.get(web_url="https://northwind.example")
    assert (site.company_address, site.employees, site.industry) == ("1 Dock Road", 2, "Bicycles")


@pytest.mark.policy("P2.2")
@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("name", "Enter your name."),
        ("web_url", "Enter the address of your web site."),
        ("email", "This field is required."),
        ("password1", "This field is required."),
    ],
)
def test_each_missing_field_is_named_and_nothing_is_made(client, company, field, says):
    answer = sign_up(client, **{field: ""})
    form = answer.context["form"]
    assert form.errors == {field: [says]}
    assert form["name"].value() == ("" if field == "name" else "Nora North")  # nothing is lost
    assert not User.objects.exists()
    assert Site.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("web_url", "javascript:alert(1)"),
        ("web_url", "ftp://northwind.example"),
        ("web_url", "northwind"),
        ("email", "nora at northwind"),
        ("name", "Win at https://spam.example"),
        ("name", "Nora\r\nBcc: all@example.com"),
        ("password1", "short"),
        ("password1", "password123"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(client, company, field, value):
    answer = sign_up(client, **{field: value})
    assert list(answer.context["form"].errors) == [field]
    assert not User.objects.exists()


def test_the_link_in_the_letter_verifies_and_leads_to_the_site(client, company, post_office):
    sign_up(client)
    assert client.get("/s/northwind/")["Location"].startswith("/account/login/")
    (letter,) = [one for one in post_office.deliver() if one.envelope_to == FORM["email"]]
    link = next(link for link in letter.links if "/confirm-email/" in link)

    assert client.get(link).status_code == 200
    assert client.get("/s/northwind/").status_code == 302  # looking at the page verifies nothing
    landed = client.post(link, follow=True)
    assert landed.redirect_chain[-1][0] == "/s/northwind/"
    assert landed.status_code == 200


def test_a_known_address_gets_the_same_answer_and_only_its_owner_is_told(client, acme, post_office):
    known = acme.owner.user.email
    answer = sign_up(client, email=known)
    unknown = sign_up(Client())
    assert (answer.status_code, answer["Location"]) == (unknown.status_code, unknown["Location"])
    assert User.objects.filter(email=known).count() == 1
    post_office.deliver()
    assert "already" in post_office.to(known)[0].text


def test_a_double_post_makes_one_account_and_one_site(client, company, post_office):
    assert sign_up(client)["Location"] == sign_up(Client())["Location"]
    assert User.objects.count() == 1
    assert Site.objects.filter(is_company=False).count() == 1


def test_of_two_posts_at_the_same_moment_the_second_answers_like_the_first(
    client, company, monkeypatch
):
    first = sign_up(client)
    flow = "allauth.account.internal.flows.manage_email.email_already_exists"
    monkeypatch.setattr(flow, lambda email: (email, False))  # what the second saw before
    second = sign_up(Client())
    assert (second.status_code, second["Location"]) == (first.status_code, first["Location"])
    assert User.objects.count() == 1
    assert Site.objects.filter(is_company=False).count() == 1


def test_a_slug_is_cut_at_a_word(client, company):
    host = "the-long-address-of-a-company-that-ever-was.example"
    sign_up(client, web_url=f"https://{host}")
    assert Site.objects.get(is_company=False).slug == "the-long-address-of-a-company-that-ever"


def test_two_sites_of_one_name_get_two_slugs(client, company):
    sign_up(client)
    sign_up(Client(), email="other@elsewhere.example", web_url="https://www.northwind.test/shop")
    slugs = Site.objects.filter(is_company=False).order_by("pk").values_list("slug", flat=True)
    assert list(slugs) == ["northwind", "northwind-test"]


def test_letters_go_through_the_outbox_and_nowhere_else(client, company, post_office):
    sign_up(client)
    assert not getattr(mail, "outbox", [])
    assert len(post_office.deliver()) == 1
