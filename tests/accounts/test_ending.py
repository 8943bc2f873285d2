"""Sessions end: after a time without use, and in the end; the page says why and leads back."""

import time

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from accounts import limits, sessions
from accounts.limits import in_words, limit_of
from accounts.sessions import digest_of
from tests.accounts.test_signing_in import cookie, sign_in_by_form
from tests.conftest import PASSWORD

pytestmark = pytest.mark.policy("P10.5")
HOUR = 3600


@pytest.fixture
def later(monkeypatch):
    """Let time pass, for sessions alone."""
    passed = [0.0]
    now, clock = timezone.now, time.time

    class Clock:
        time = staticmethod(lambda: clock() + passed[0])

    class Zone:
        now = staticmethod(lambda: now() + timezone.timedelta(seconds=passed[0]))

    monkeypatch.setattr(sessions, "time", Clock)
    monkeypatch.setattr(sessions, "timezone", Zone)

    def wait(seconds: float) -> None:
        passed[0] += seconds

    return wait


def is_in(client: Client, url: str) -> bool:
    return client.get(url).status_code == 200


@pytest.mark.parametrize(
    ("who", "kind"),
    [("owner", "owner"), ("admin", "owner"), ("editor", "user"), ("reader", "user")],
)
def test_who_rules_a_site_is_asked_sooner(acme, later, who, kind):
    client = Client()
    sign_in_by_form(client, getattr(acme, who).user, remember="on")
    assert is_in(client, acme.url())
    assert client.session["kind"] == kind
    limit = limit_of(kind)
    later(limit.idle - 10)
    assert is_in(client, acme.url())
    later(limit.idle + 10)
    answer = client.get(acme.url("contacts/?q=cat"))
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Please sign in again" in page
    assert f"Nobody was here for {in_words(limit.idle)}" in page


def test_staff_have_half_an_hour_and_a_working_day(staff, later):
    assert settings.SESSION_LIMITS["staff"] == [30, 8, 3]
    client = Client()
    sign_in_by_form(client, staff, remember="on")
    for _ in range(19):
        later(25 * 60)
        assert is_in(client, "/account/profile/")
    later(25 * 60)  # eight hours and twenty minutes, never idle
    page = client.get(client.get("/account/profile/")["Location"]).content.decode()
    assert "A sign-in is good for 8 hours" in page


def test_who_owns_no_site_is_known_before_a_site_is_entered(acme, later):
    """Without the question an owner's session would last as long as a reader's."""
    client = Client()
    answer = sign_in_by_form(client, acme.owner.user)
    assert client.session.get("kind") is None
    later(limit_of("owner").idle + 10)
    assert client.get(answer["Location"]).status_code == 302
    assert not is_in(client, acme.url())


def test_other_rights_bring_another_end(acme, sign_in, later):
    client = sign_in(acme.editor)
    assert is_in(client, acme.url())
    role = acme.url(f"operators/{acme.editor.number}/role/")
    sign_in(acme.owner).post(role, {"role": "2"})
    assert is_in(client, acme.url())
    assert client.session["kind"] == "owner"
    later(limit_of("owner").idle + 10)
    assert not is_in(client, acme.url())


def test_what_a_page_asks_by_itself_is_no_use(acme, sign_in, later):
    client = sign_in(acme.owner)
    assert is_in(client, acme.url())
    for _ in range(12):
        client.get(acme.url(), headers={"x-by-itself": "yes", "hx-request": "true"})
        later(HOUR)
    later(10)
    answer = client.get(
        acme.url("visitors/now/"),
        headers={
            "x-by-itself": "yes",
            "hx-request": "true",
            "hx-current-url": f"http://testserver{acme.url('visitors/')}",
        },
    )
    assert answer.status_code == 200
    assert answer["HX-Redirect"].startswith("/account/login/?next=/s/acme/visitors/&why=idle.owner")


def test_use_moves_the_end_and_writes_once_a_minute(acme, sign_in, later):
    client = sign_in(acme.owner)
    client.get(acme.url())
    row = Session.objects.filter(session_key=digest_of(cookie(client)))
    ends = row.get().expire_date
    client.get(acme.url())
    assert row.get().expire_date == ends
    later(90)
    client.get(acme.url())
    assert (row.get().expire_date - ends).total_seconds() == pytest.approx(90, abs=5)


def test_what_was_written_waits_for_the_sign_in(acme, sign_in, later):
    client = sign_in(acme.editor)
    client.get(acme.url())
    later(limit_of("user").idle + 10)
    new, note = acme.url("contacts/new/"), "Wants <b>white</b> tea"
    fields = {"name": "Ted Tea", "email": "ted@tea.example", "csrfmiddlewaretoken": "x"}
    answer = client.post(
        new, fields | {"note": note}, headers={"referer": f"http://testserver{new}"}
    )
    assert "next=/account/again/" in answer["Location"]
    assert "What you wrote is kept" in client.get(answer["Location"]).content.decode()
    assert note not in str(list(Session.objects.values_list("session_data", flat=True)))

    answer = client.post(
        answer["Location"], {"login": acme.editor.user.email, "password": PASSWORD}
    )
    assert answer["Location"] == "/account/again/"
    page = client.get("/account/again/").content.decode()
    assert f'action="{new}"' in page
    assert 'name="name" value="Ted Tea"' in page
    assert 'name="note" value="Wants &lt;b&gt;white&lt;/b&gt; tea"' in page
    assert client.post("/account/again/")["Location"] == new  # dropped
    assert client.get("/account/again/")["Location"] == "/sites/"


def test_nobody_else_sees_it_and_it_is_gone_after_an_hour(acme, sign_in, later, monkeypatch):
    client = sign_in(acme.editor)
    client.get(acme.url())
    later(limit_of("user").idle + 10)
    client.post(acme.url("contacts/new/"), {"name": "Ted Tea"})
    stash = client.session["kept-form"]
    for who, hours, seen in [("reader", 0, 302), ("editor", 0, 200), ("editor", 1.01, 302)]:
        other = sign_in(getattr(acme, who))
        session = other.session
        session["kept-form"] = stash
        session.save()
        now = time.time() + hours * HOUR
        monkeypatch.setattr("accounts.again.time.time", lambda now=now: now)
        assert other.get("/account/again/").status_code == seen


@pytest.mark.parametrize("what", ["secret", "gone", "large"])
def test_secrets_strangers_and_floods_are_not_kept(acme, sign_in, later, what):
    client = sign_in(acme.owner)
    client.get(acme.url())
    fields = {"name": "Ted"}
    if what == "gone":
        Session.objects.all().delete()
    if what == "secret":
        fields["password"] = PASSWORD
    if what == "large":
        fields["name"] = "x" * 300_000
    later(limit_of("owner").idle + 10)
    page = f"http://testserver{acme.url('contacts/')}?q=a"
    answer = client.post(acme.url("contacts/new/"), fields, headers={"referer": page})
    assert "next=/s/acme/contacts/%3Fq%3Da" in answer["Location"]
    assert "kept-form" not in client.session


def test_the_way_back_leads_nowhere_else(acme):
    for page in ("https://evil.example/x", "http://testserver//evil.example/"):
        sent = {"name": "x"}
        answer = Client().post(acme.url("contacts/new/"), sent, headers={"referer": page})
        assert answer["Location"] == "/account/login/?next=/sites/"
    told = Client().get("/account/login/?why=<b>x</b>").content.decode()
    assert "Please sign in again" not in told
    for page in (
        "https://evil.example/x",
        "//evil.example/",
        r"/\evil.example",
        "https:evil.example",
    ):
        given = {"login": acme.owner.user.email, "password": PASSWORD, "next": page}
        assert Client().post("/account/login/", given)["Location"] == "/sites/"


def test_a_form_older_than_the_sign_in_is_shown_again(acme):
    client = Client(enforce_csrf_checks=True)
    client.force_login(acme.editor.user)
    new = acme.url("contacts/new/")
    client.get(new)
    fields = {"name": "Ted", "csrfmiddlewaretoken": "a" * 64}
    kept = client.post(new, fields, headers={"sec-fetch-site": "same-origin"})
    assert kept["Location"] == "/account/again/"
    for site in ("cross-site", "same-site", "none"):
        answer = client.post(new, fields, headers={"sec-fetch-site": site})
        assert answer.status_code == 403


def test_too_many_sessions_end_the_one_that_was_used_least(staff):
    first, *others = clients = [Client() for _ in range(4)]
    for client in clients:
        sign_in_by_form(client, staff)
        client.get("/account/profile/")
    assert not is_in(first, "/account/profile/")
    assert all(is_in(client, "/account/profile/") for client in others)
    assert UserSession.objects.filter(user=staff).count() == 3


def test_one_session_is_ended_and_none_of_another_person(acme, sign_in):
    here, gone, theirs = sign_in(acme.owner), sign_in(acme.owner), sign_in(acme.editor)
    for client in (here, gone, theirs):
        client.get(acme.url())
    rows = {row.session_key: row.pk for row in UserSession.objects.all()}
    prove = here.post("/account/sessions/ending/")["Location"]
    here.get(acme.url())
    session = here.session
    session.pop("account_reauthentication_state")
    session.save()
    here.post(prove, {"password": PASSWORD})
    for client, inside in [(theirs, True), (gone, False)]:
        pk = rows[digest_of(cookie(client))]
        here.post("/account/sessions/ending/", {"session": pk})
        assert is_in(client, acme.url()) is inside
    assert here.get("/account/sessions/").content.decode().count("<time") == 2


@pytest.mark.policy("P8.1")
def test_another_address_asks_who_one_is(acme, sign_in, post_office):
    client = sign_in(acme.owner)
    asked = client.post("/account/email/", {"email": "ann@new.example", "action_add": ""})
    assert asked["Location"].startswith("/account/reauthenticate/")
    post_office.deliver()
    assert not post_office.to("ann@new.example")
    before = cookie(client)
    client.post(asked["Location"], {"password": PASSWORD})
    post_office.deliver()
    assert post_office.to("ann@new.example")
    assert cookie(client) != before
    assert UserSession.objects.filter(user=acme.owner.user).count() == 1


def test_a_browser_forgets_when_somebody_leaves(acme, sign_in):
    client = sign_in(acme.owner)
    assert "Clear-Site-Data" not in client.get(acme.url()).headers
    assert client.post("/account/logout/")["Clear-Site-Data"] == '"cache"'


@pytest.mark.no_db
def test_times_in_words():
    asked = (1800, 8 * HOUR, 43200, 14 * 24 * HOUR, 90, 24 * HOUR)
    words = ["30 minutes", "8 hours", "12 hours", "14 days", "90 seconds", "24 hours"]
    assert [limits.in_words(n) for n in asked] == words
