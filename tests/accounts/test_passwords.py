"""Passwords made of names that everybody around knows are refused; links that set one are short."""

from datetime import datetime, timedelta
from hashlib import sha1
from pathlib import Path

import pytest
from allauth.account.internal import stagekit
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import User
from accounts.operations import check_password
from accounts.passwords import is_made_of
from accounts.stolen import is_stolen
from tests.accounts.test_signing_up import FORM, sign_up
from tests.conftest import PASSWORD

pytestmark = pytest.mark.policy("P9.5")
CHANGE = "/account/password/change/"
PEOPLE = ["ann@northwind.example", "Ann Ode", "northwind.example"]
MADE_OF_NAMES = ("Comm100-2026!", "newsletter1234", "Welcome.Support.9", "Northwind-Mail-2026")


def change(client: Client, new: str, old: str = PASSWORD) -> str:
    given = {"oldpassword": old, "password1": new, "password2": new}
    return client.post(CHANGE, given).content.decode()


@pytest.mark.no_db
def test_a_password_of_names_is_known_and_a_sentence_is_not():
    assert all(is_made_of(password, PEOPLE) for password in MADE_OF_NAMES)
    for password in (PASSWORD, "support my ghostly llama", "zk7-Welcome-qpwv"):
        assert not is_made_of(password, PEOPLE)


def test_the_name_of_the_own_site_is_refused_at_sign_up_and_later(client, acme, sign_in):
    answer = sign_up(client, web_url="https://teahouse.example", password1="Teahouse!2026!")
    assert "names that others know" in answer.content.decode()
    assert not User.objects.filter(email=FORM["email"]).exists()
    assert "names that others know" in change(sign_in(acme.editor), "Acme.Newsletter.7")


def test_common_short_and_personal_ones_are_refused(acme):
    for password in ("password1234", "short", "ann.owner.acme"):
        with pytest.raises(ValidationError):
            check_password(password, user=acme.owner.user)


@pytest.fixture
def stolen(tmp_path, settings):
    """A list as haveibeenpwned.com gives it, with these passwords in it."""

    def listed(*passwords: str, ends: str = "\r\n") -> Path:
        hashes = sorted(sha1(password.encode()).hexdigest().upper() for password in passwords)
        path: Path = tmp_path / "stolen.txt"
        path.write_bytes("".join(f"{one}:{n * 7}{ends}" for n, one in enumerate(hashes)).encode())
        settings.STOLEN_PASSWORDS = path
        return path

    return listed


@pytest.mark.no_db
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 1000])
def test_each_password_of_a_list_is_found_and_no_other(stolen, count, ends):
    passwords = [f"password number {n}" for n in range(count)]
    path = stolen(*passwords, ends=ends)
    assert [p for p in passwords if not is_stolen(p, path)] == []
    assert [p for p in passwords if is_stolen(p + "!", path)] == []


def test_a_password_that_was_stolen_elsewhere_is_refused(acme, sign_in, stolen):
    client, user = sign_in(acme.owner), acme.owner.user
    stolen("quite another one", "and one more of them")
    assert "was stolen somewhere" in change(client, "quite another one")
    change(client, "nobody knows this one")
    user.refresh_from_db()
    assert user.check_password("nobody knows this one")


def test_the_old_one_is_asked_for(acme, sign_in):
    client, user = sign_in(acme.owner), acme.owner.user
    change(client, "quite another one", old="wrong")
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    change(client, "quite another one")
    user.refresh_from_db()
    assert user.check_password("quite another one")


def test_links_that_set_a_password_last_an_hour(acme, post_office, monkeypatch):
    user = acme.owner.user
    Client().post("/account/password/reset/", {"email": user.email})
    post_office.deliver()
    link = next(link for link in post_office.to(user.email)[0].links if "/reset/key/" in link)
    for minutes, good in [(59, True), (62, False)]:
        later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005  as Django counts
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self, later=later: later)
        page = Client().get(link, follow=True).content.decode()
        assert ("Choose a new password" in page) is good


@pytest.mark.parametrize(("minutes", "lands"), [(9, "/s/northwind/"), (11, "/account/login/")])
def test_a_link_that_confirms_an_address_signs_in_for_ten_minutes(
    client, company, post_office, monkeypatch, minutes, lands
):
    sign_up(client)
    post_office.deliver()
    link = next(link for link in post_office.to(FORM["email"])[0].links if "confirm-email" in link)
    now = stagekit.time.time()
    monkeypatch.setattr(stagekit.time, "time", lambda: now + minutes * 60)
    landed = client.post(link, follow=True).redirect_chain[-1][0]
    assert landed.startswith(lands)
    assert EmailAddress.objects.get(email=FORM["email"]).verified


def test_links_that_confirm_an_address_last_a_day(client, company, post_office, monkeypatch):
    sign_up(client)
    post_office.deliver()
    link = next(link for link in post_office.to(FORM["email"])[0].links if "confirm-email" in link)
    now = signing.time.time()
    for hours, good in [(23, True), (25, False)]:
        monkeypatch.setattr(signing.time, "time", lambda hours=hours: now + hours * 3600)
        assert ("Yes, confirm it" in Client().get(link).content.decode()) is good
