"""The company's pages: home, policy, agreement, and the small files that programs look for."""

import re

import pytest
from django.conf import settings
from django.test import Client

from comm100.core.documents import version_today

CLAUSES = {
    1: 2, 2: 5, 3: 5, 4: 4, 5: 6, 6: 3, 7: 4, 8: 1, 9: 5, 10: 6, 11: 2,
}  # fmt: skip


def test_home_says_what_it_is_and_how_to_begin(client):
    html = client.get("/").content.decode()
    assert settings.COMPANY_NAME in html
    assert "/account/signup/" in html
    assert "What works today" in html
    assert "Planned, and not here yet" in html


@pytest.mark.parametrize("path", ["/", "/contact/", "/privacy/", "/agreement/"])
def test_pages_read_without_an_account_and_load_nothing_from_elsewhere(client, company, path):
    answer = client.get(path)
    assert answer.status_code == 200
    elsewhere = re.findall(r'(?:src|href|action)="(?:https?:)?//[^"]*', answer.content.decode())
    assert elsewhere == []


@pytest.mark.policy("P11.2")
def test_the_policy_is_posted_with_every_clause_under_its_number(client):
    html = client.get("/privacy/").content.decode()
    expected = [f"P{part}.{n}" for part, last in CLAUSES.items() for n in range(1, last + 1)]
    assert re.findall(r'<p id="(P\d+\.\d+)"', html) == expected


@pytest.mark.policy("P11.2")
def test_the_policy_names_its_version_and_keeps_the_others(client):
    html = client.get("/privacy/").content.decode()
    assert "Version of 23 November 2026" in html
    assert f"/privacy/{version_today('policy')}/" in html
    assert client.get(f"/privacy/{version_today('policy')}/").status_code == 200
    for nowhere in ("2001-01-01", "settings", "x"):
        assert client.get(f"/privacy/{nowhere}/").status_code == 404


def test_the_company_s_name_comes_from_the_settings(client, settings):
    settings.COMPANY_NAME = "Helpful Ltd"
    assert "Helpful Ltd" in client.get("/privacy/").content.decode()


@pytest.mark.policy("P4.1")
def test_reading_sets_no_cookie():
    client = Client()
    for path in ("/", "/privacy/", "/agreement/"):
        assert not client.get(path).cookies


def test_programs_find_their_files(client):
    assert "Disallow: /s/" in client.get("/robots.txt").content.decode()
    security = client.get("/.well-known/security.txt").content.decode()
    assert f"Contact: mailto:{settings.COMPANY_EMAIL}" in security
    assert "Expires: " in security
    answer = client.get("/.well-known/change-password")
    assert answer["Location"] == "/account/password/change/"
