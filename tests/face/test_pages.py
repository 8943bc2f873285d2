"""The frame of pages: what every page carries, and what error pages do without."""

import pytest
from django.template.loader import render_to_string
from django.test import Client

from comm100.core.documents import version_today
from operators.models import Role
from tests.conftest import make_user
from tests.staff.conftest import with_second_factor


@pytest.mark.urls("tests.face.urls")
def test_the_style_guide_shows_every_component():
    answer = Client().get("/styleguide/")
    assert answer.status_code == 200
    assert "<c-" not in answer.text


def test_the_shell_marks_where_we_are_and_offers_only_what_the_role_may(acme, sign_in):
    page = sign_in(acme.owner).get(acme.url("operators/")).text
    assert page.count('aria-current="page"') == 1
    assert f'<a href="{acme.url("operators/")}" aria-current="page">' in page
    assert 'id="palette"' in page


def test_home_is_marked_at_home_and_nowhere_else(acme, sign_in):
    here = f'<a href="{acme.url()}" aria-current="page">'
    client = sign_in(acme.owner)
    assert here in client.get(acme.url()).text
    assert here not in client.get(acme.url("mail/quarantine/")).text


def test_the_switcher_lists_the_persons_sites_and_no_others(acme, rival, sign_in):
    assert rival.site.name not in sign_in(acme.owner).get(acme.url()).text


@pytest.mark.parametrize("code", [400, 403, 404, 405, 500])
@pytest.mark.no_db
def test_error_pages_need_neither_request_nor_database(code):
    page = render_to_string(f"{code}.html")
    assert "<h1>" in page
    assert f">{code}</p>" in page


def test_a_wrong_address_says_what_may_be_wrong(client, company):
    answer = client.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_a_role_that_does_not_reach_this_far_is_told_whom_to_ask(acme, sign_in):
    assert acme.reader.role == Role.READER
    answer = sign_in(acme.reader).get(acme.url("settings/"))
    assert answer.status_code == 403
    assert "Ask an owner or admin" in answer.text


def test_staff_without_a_right_are_told_who_gives_it(company):
    hired = make_user("new@company.example", "Nia New", is_staff=True)
    answer = with_second_factor(hired).get("/staff/grants/disclosures/agents/")
    assert answer.status_code == 403
    assert "Ask a superuser" in answer.text
    assert 'href="/staff/"' in answer.text


def test_who_opens_the_address_of_a_form_is_told_so(acme, sign_in):
    owner, address = sign_in(acme.owner), acme.url("settings/deletion/keeping/")
    answer = owner.get(address, headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address only takes what a form sends" in answer.text
    assert int(answer["Content-Length"]) == len(answer.content)
    assert owner.get(address, headers={"Accept": "application/json"}).content == b""


def test_a_form_that_was_open_too_long_keeps_nothing_and_says_so(company):
    answer = Client(enforce_csrf_checks=True).post("/account/login/", {"login": "a@b.example"})
    assert answer.status_code == 403
    assert "Nothing was saved" in answer.text


@pytest.mark.policy("P11.1")
def test_sign_up_names_the_versions_that_a_person_accepts(client, company, settings):
    page = client.get("/account/signup/").text
    for path, version in [
        ("/agreement/", version_today("agreement")),
        ("/privacy/", version_today("policy")),
    ]:
        named = page.partition("By signing up you accept")[2].partition(f'href="{path}"')[2]
        assert named.partition("</span>")[0].endswith(f">{version}")


@pytest.mark.policy("P2.3")
def test_sign_up_marks_exactly_the_three_facts_as_optional(client, company):
    page = client.get("/account/signup/").text
    fields = page.split('class="field ')[1:]
    optional = [f for f in fields if "optional" in f.partition("</label>")[0]]
    assert len(fields) == 8  # and the box that says no to product news
    assert len(optional) == 3
    for name in ("company_address", "employees", "industry"):
        assert any(f'name="{name}"' in field for field in optional)
