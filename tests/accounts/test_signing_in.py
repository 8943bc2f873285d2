"""Sign-in: limited, recovering by itself; sessions that a stolen table does not open."""

import time
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.adapter import MfaAdapter
from accounts.sessions import digest_of
from comm100.core.sealing import CannotOpen
from tests.authenticator import code_now
from tests.conftest import PASSWORD
from tests.nights import one_night

URL = "/account/login/"


def sign_in_by_form(client: Client, user, password: str = PASSWORD, *, remember="", **extra):
    given = {"login": user.email, "password": password} | (
        {"remember": remember} if remember else {}
    )
    return client.post(URL, given, **extra)


def cookie(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_a_user_lands_on_their_only_site(client, acme):
    answer = sign_in_by_form(client, acme.owner.user)
    assert answer["Location"] == "/sites/"
    assert client.get("/sites/")["Location"] == acme.url()


def test_a_wrong_password_and_an_unknown_address_read_the_same(client, acme):
    wrong = sign_in_by_form(client, acme.owner.user, "not the password")
    unknown = client.post(URL, {"login": "nobody@acme.example", "password": PASSWORD})
    assert wrong.context["form"].errors == unknown.context["form"].errors


def test_an_unknown_address_takes_as_long_as_a_wrong_password(client, acme, monkeypatch):
    """One slow hash, whoever was asked for; a query more or less is lost beside it."""
    slow: list[str] = []

    def counted(real):
        def hashed(*args, **options):
            slow.append("hash")
            return real(*args, **options)

        return hashed

    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(Argon2PasswordHasher, name, counted(real))
    work = []
    for address in (acme.owner.user.email, "nobody@acme.example"):
        slow.clear()
        client.post(URL, {"login": address, "password": "not the password"})
        work.append(len(slow))
    assert work == [1, 1]


@pytest.mark.policy("P9.5")
def test_guessing_is_stopped_and_the_stop_passes_by_itself(client, acme, monkeypatch):
    user = acme.owner.user
    for _ in range(5):
        sign_in_by_form(client, user, "not the password")
    stopped = sign_in_by_form(client, user)
    assert "Too many failed" in str(stopped.context["form"].errors)

    now = ratelimit.time.time()
    monkeypatch.setattr(ratelimit.time, "time", lambda: now + 301)
    assert sign_in_by_form(client, user).status_code == 302


def test_others_sign_in_while_one_account_is_guessed_at(client, acme):
    for _ in range(6):
        sign_in_by_form(client, acme.owner.user, "wrong", REMOTE_ADDR="203.0.113.9")
    assert sign_in_by_form(Client(), acme.editor.user).status_code == 302


@pytest.mark.policy("P10.5")
def test_the_session_changes_on_sign_in(client, acme):
    client.get(URL)
    client.post(URL, {"login": "nobody@acme.example", "password": "x"})
    session = client.session
    session["planted"] = True
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.secret
    sign_in_by_form(client, acme.owner.user)
    assert cookie(client) != session.secret


@pytest.mark.policy("P10.5")
def test_a_copy_of_the_tables_opens_nothing(client, acme):
    sign_in_by_form(client, acme.owner.user)
    client.get(acme.url())
    stored = {*Session.objects.values_list("session_key", flat=True)} | {
        *UserSession.objects.values_list("session_key", flat=True)
    }
    assert len(stored) == 1
    assert cookie(client) not in stored
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = stored.pop()
    assert thief.get(acme.url()).status_code == 302


@pytest.mark.policy("P9.5")
def test_a_session_is_listed_and_ended_elsewhere(acme):
    here, elsewhere = Client(), Client(headers={"user-agent": "Elsewhere/1.0"})
    sign_in_by_form(here, acme.owner.user)
    sign_in_by_form(elsewhere, acme.owner.user)
    assert elsewhere.get(acme.url()).status_code == 200
    assert "Elsewhere/1.0" in here.get("/account/sessions/").content.decode()

    asked = here.post("/account/sessions/ending/")["Location"]
    assert asked.startswith("/account/reauthenticate/")
    assert elsewhere.get(acme.url()).status_code == 200
    before = cookie(here)
    here.post(asked, {"password": PASSWORD})
    assert cookie(here) != before
    assert elsewhere.get(acme.url()).status_code == 302
    assert here.get(acme.url()).status_code == 200


@pytest.mark.policy("P9.5")
def test_a_new_browser_is_told_of_and_a_known_one_is_not(acme, post_office):
    user = acme.owner.user
    for agent in ("Fox/1.0", "Fox/1.1", "Whale/7.0", "Whale/7.2"):
        sign_in_by_form(Client(headers={"user-agent": agent}), user)
    post_office.deliver()
    (letter,) = post_office.to(user.email)
    assert letter.subject == "A new browser signed in to your account"
    assert "Whale/7.0" in letter.text


@pytest.mark.policy("P10.5")
def test_the_session_changes_with_the_rights(client, acme, sign_in):
    sign_in_by_form(client, acme.editor.user)
    client.get(acme.url())
    before = cookie(client)
    client.get(acme.url())
    assert cookie(client) == before
    role = acme.url(f"operators/{acme.editor.number}/role/")
    sign_in(acme.owner).post(role, {"role": "2"})
    assert client.get(acme.url()).status_code == 200
    assert cookie(client) != before
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = before
    assert thief.get(acme.url()).status_code == 302


@pytest.mark.policy("P2.4")
def test_what_is_known_of_a_session_goes_with_it(acme):
    here, gone = Client(), Client()
    for client in (here, gone):
        sign_in_by_form(client, acme.owner.user)
    key = digest_of(cookie(gone))
    Session.objects.filter(session_key=key).update(expire_date=timezone.now())
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=2))
    one_night()
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [
        digest_of(cookie(here))
    ]
    assert Session.objects.count() == 1


def test_the_cookie_is_for_the_server_alone(client, acme):
    answer = sign_in_by_form(client, acme.owner.user)
    morsel = answer.cookies[settings.SESSION_COOKIE_NAME]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"


@pytest.mark.policy("P9.5")
def test_a_forgotten_password_is_set_anew_by_letter(client, acme, post_office):
    user = acme.owner.user
    client.post("/account/password/reset/", {"email": user.email})
    post_office.deliver()
    link = next(link for link in post_office.to(user.email)[0].links if "/reset/key/" in link)
    page = client.get(link, follow=True)
    new = {"password1": "quite another one", "password2": "quite another one"}
    client.post(page.redirect_chain[-1][0], new)
    assert sign_in_by_form(Client(), user, "quite another one").status_code == 302
    assert sign_in_by_form(Client(), user).status_code == 200


@pytest.mark.policy("P9.5")
def test_an_authenticator_app_guards_the_account_and_its_secret_is_kept_encrypted(acme):
    client = Client()
    sign_in_by_form(client, acme.owner.user)
    activate = "/account/2fa/totp/activate/"
    asked = client.get(activate)["Location"]
    assert asked.startswith("/account/reauthenticate/")
    page = client.post(asked, {"password": PASSWORD}, follow=True)
    secret = page.context["form"].secret
    client.post(activate, {"code": code_now(secret)})
    assert secret not in str(Authenticator.objects.values_list("data", flat=True))

    again = Client()
    answer = sign_in_by_form(again, acme.owner.user)
    assert answer["Location"] == "/account/2fa/authenticate/"
    assert again.get(acme.url()).status_code == 302
    asked_for = again.get(answer["Location"]).text
    assert "authenticator app shows" in asked_for
    assert "Use a passkey" not in asked_for  # there is none
    sheet = client.get("/account/2fa/recovery-codes/download/").text
    assert f"Recovery codes of {acme.owner.user.email}" in sheet
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    again.post("/account/2fa/authenticate/", {"code": codes[0]})
    assert again.get(acme.url()).status_code == 200


@pytest.mark.policy("P9.5")
@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_wrong_and_no_code_works_twice(acme, steps, monkeypatch):
    secret = generate_totp_secret()
    TOTP.activate(acme.owner.user, secret)
    code, now = code_now(secret, steps), time.time()
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", SimpleNamespace(time=lambda: now))

    def sign_in(code: str) -> int:
        client = Client()
        sign_in_by_form(client, acme.owner.user)
        client.post("/account/2fa/authenticate/", {"code": code})
        return client.get(acme.url()).status_code

    assert sign_in(code_now(secret, steps=4)) == 302
    assert sign_in(code) == 200
    monkeypatch.setattr(TOTP, "_mark_code_used", lambda *_: True)  # allauth forgets after a step
    assert sign_in(code) == sign_in(f"{code[:3]} {code[3:]}") == 302


@pytest.mark.policy("P9.5")
def test_who_lost_every_factor_gets_in_again_after_a_proof_and_is_told(acme, post_office):
    user, client = acme.owner.user, Client()
    sign_in_by_form(client, user)
    Authenticator.objects.create(user=user, type="totp", data={"secret": "sealed"})
    with pytest.raises(CommandError):
        call_command("remove_factors", user.email)  # how it was proven is missing
    call_command(
        "remove_factors", user.email.upper(), proven="called back by Mo", stdout=StringIO()
    )
    assert client.get(acme.url()).status_code == 302
    assert sign_in_by_form(Client(), user)["Location"] == "/sites/"
    post_office.deliver()
    assert "second factors were removed" in post_office.to(user.email)[0].subject


@pytest.mark.no_db
@pytest.mark.policy("P9.5")
def test_secrets_of_factors_outlive_a_new_secret_key_and_no_change(settings):
    kept = MfaAdapter().encrypt("ABCDEF234567")
    assert "ABCDEF" not in kept
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert MfaAdapter().decrypt(kept) == "ABCDEF234567"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CannotOpen):
        MfaAdapter().decrypt(kept)
