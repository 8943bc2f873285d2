"""Refer a friend: one mail leaves, and nothing of the friend stays anywhere."""

import logging
import re

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client

from comm100.core.addresses import address_hash
from comm100.core.tenancy import working_for
from comm100.embedded.valkey import free_port
from mail.models import Outbox, Suppression
from tests.sweep import places
from website import referring
from website.forms import ReferralForm
from website.models import NeverInvite
from website.seeding import seed_company

WORD = "canaryfriendq"
FRIEND = f"{WORD}@friends.example"
FORM = {"friend_name": f"Fred {WORD}", "friend_email": FRIEND, "own_name": "Vera Visitor"}
URL = "/refer/"
THEIR_LOG = "mail.log"  # of aiosmtpd, the friend's mail server


@pytest.fixture(autouse=True)
def company():
    return seed_company()


def typed(client, **but):
    """The form as somebody fills it in on a page they opened."""
    page = client.get(URL).content.decode()
    once = re.search(r'name="once" value="([^"]+)"', page)[1]
    return FORM | {"once": once} | but


def refer(client, **but):
    return client.post(URL, typed(client, **but))


@pytest.mark.policy("P5.3")
def test_a_friend_gets_one_mail_that_tells_how_it_came_and_how_never_again(client, post_office):
    assert refer(client)["Location"] == "/refer/sent/"
    assert client.get("/refer/sent/").status_code == 200
    post_office.deliver()
    (letter,) = post_office.letters
    assert letter.envelope_to == FRIEND
    assert letter.subject == "Vera Visitor invites you to look at Comm100"
    assert "Vera Visitor typed your name and address" in letter.text
    assert "this one mail and kept neither" in letter.text
    home, never, privacy = letter.links
    assert (home, privacy) == (f"{settings.PUBLIC_URL}/", f"{settings.PUBLIC_URL}/privacy/")
    assert WORD not in never
    assert "<img" not in letter.html
    assert set(re.findall(r'href="([^"]+)"', letter.html)) == {home, never, privacy}
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert "d=" in letter.message["DKIM-Signature"]


@pytest.mark.policy("P5.2")
def test_it_asks_for_the_friends_name_and_address_and_nothing_else(client):
    assert list(ReferralForm.base_fields) == ["friend_name", "friend_email", "own_name"]
    page = client.get(URL).content.decode().partition("<main")[2].partition("</main>")[0]
    named = set(re.findall(r'<(?:input|textarea|select)[^>]* name="([^"]+)"', page))
    assert named == {"csrfmiddlewaretoken", "once", "friend_name", "friend_email", "own_name"}
    for field in ReferralForm.base_fields:
        answer = refer(client, **{field: ""})
        assert answer.status_code == 422
        assert "Enter your" in answer.content.decode()


def everything(caplog) -> list[str]:
    """Where the friend stands now, the log of this process included."""
    ours = [one.getMessage() for one in caplog.records if one.name != THEIR_LOG]
    return places(WORD) + (["log"] if WORD in str(ours) else [])


@pytest.fixture
def _all_logs(caplog):
    with caplog.at_level(logging.DEBUG):
        yield


@pytest.mark.policy("P5.4")
@pytest.mark.usefixtures("_all_logs")
def test_nothing_of_the_friend_is_kept(client, post_office, caplog):
    assert refer(client).status_code == 302
    assert len(post_office.to(FRIEND)) == 1
    assert everything(caplog) == []
    with working_for(seed_company().pk):
        assert not Outbox.objects.exists()


TROUBLE = {
    "refused": (422, "No mail can be sent to this address"),
    "later": (503, "try it again later"),
    "going": (503, "try it again later"),
    "away": (503, "try it again later"),
}


@pytest.fixture(params=TROUBLE)
def trouble(request, post_office, settings):
    """A mail server that does not take it; what the visitor is told."""
    match request.param:
        case "refused":
            post_office.refuse(FRIEND, f"550 5.1.1 <{FRIEND}> unknown")
        case "later":
            post_office.content_replies = [f"451 4.3.0 {FRIEND} greylisted"]
        case "going":
            post_office.content_replies = ["421 4.3.2 going away"]
        case "away":
            settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}"
    return TROUBLE[request.param]


@pytest.mark.policy("P5.4")
@pytest.mark.usefixtures("_all_logs")
def test_nothing_is_kept_when_sending_fails_and_the_visitor_is_told(client, trouble, caplog):
    status, says = trouble
    answer = refer(client)
    assert (answer.status_code, answer["Cache-Control"]) == (status, "no-store")
    page = answer.content.decode()
    assert says in page
    assert FRIEND in page  # what was typed stays in the form
    assert everything(caplog) == []


@pytest.mark.policy("P5.4")
@pytest.mark.usefixtures("_all_logs")
def test_nothing_is_kept_when_we_stumble(client, post_office, caplog, monkeypatch):
    def stumble(invitation):
        raise RuntimeError(f"cannot invite {invitation.friend_name} at {invitation.friend_email}")

    monkeypatch.setattr(referring, "invite", stumble)
    answer = refer(client)
    assert answer.status_code == 500
    assert "Nothing was sent" in answer.content.decode()
    assert "RuntimeError" in caplog.text
    assert "Traceback" not in caplog.text
    assert everything(caplog) == []


@pytest.mark.policy("P5.4")
def test_the_sweep_finds_a_friend_who_is_kept(client, post_office):
    """The other way round: what the tests above look for is found where it is."""
    cache.set("friend", FRIEND)
    with working_for(seed_company().pk):
        Outbox.objects.create(
            site=seed_company(), lane=1, address=FRIEND, address_hash=b"x", message_id="<1@x>"
        )
    assert [place.split()[0] for place in places(WORD)] == ["table", "broker"]


@pytest.mark.policy("P5.3", "P5.4")
def test_never_again_is_one_click_and_leaves_a_hash_only(client, post_office):
    refer(client)
    link = post_office.to(FRIEND)[0].links[1].removeprefix(settings.PUBLIC_URL)
    stranger = Client(enforce_csrf_checks=True)
    assert "Never be invited again?" in stranger.get(link).content.decode()
    assert not NeverInvite.objects.exists()
    answer = stranger.post(link, {"List-Unsubscribe": "One-Click"})
    assert "You will not be invited again" in answer.content.decode()
    assert stranger.post(link).status_code == 200
    (kept,) = NeverInvite.objects.all()
    assert bytes(kept.address_hash) == address_hash(FRIEND)
    assert places(WORD) == []
    assert refer(client, friend_email=FRIEND.upper())["Location"] == "/refer/sent/"
    assert len(post_office.letters) == 1


def test_who_left_the_companys_mail_is_not_invited(client, post_office, company):
    with working_for(company.pk):
        Suppression.objects.create(site=company, address_hash=address_hash(FRIEND), reason=1)
    assert refer(client).status_code == 302
    assert post_office.letters == []


def test_a_double_click_sends_once(client, post_office):
    form = typed(client)
    assert [client.post(URL, form).status_code for _ in range(2)] == [302, 302]
    assert len(post_office.letters) == 1
    assert client.post(URL, form | {"once": "bent"}).status_code == 422


@pytest.mark.policy("P5.4")
def test_a_referrer_is_limited_without_being_known(client, post_office):
    for number in range(5):
        assert refer(client, friend_email=f"friend{number}@friends.example").status_code == 302
    answer = refer(client)
    assert answer.status_code == 429
    assert "many friends" in answer.content.decode()
    assert len(post_office.letters) == 5
    assert not [place for place in places("127.0.0.1") if place.startswith("broker")]


MESSAGES = ["Buy at evil.example", "www.evil", "Win $100", "Fred\r\nBcc: x@y.example", "F" * 41]
MESSAGES += ["a@b.example", "http://x", "<b>Fred</b>"]


@pytest.mark.parametrize("name", MESSAGES)
def test_a_name_carries_no_message(client, post_office, name):
    for field in ("friend_name", "own_name"):
        assert refer(client, **{field: name}).status_code == 422
    assert post_office.letters == []


@pytest.mark.parametrize("name", ["J. R. O’Hara-Smith", "Zoë", "王小明", "आशा", "Dr. No"])
def test_names_of_people_are_taken(client, post_office, name):
    assert refer(client, friend_name=name).status_code == 302
    assert f"Hello {name}," in post_office.letters[0].text


def test_a_bent_link_says_so(client):
    assert client.post("/refer/never/bent/").status_code == 404
