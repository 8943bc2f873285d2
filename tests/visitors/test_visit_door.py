"""The door for events as the web server knows it: before all middleware, without the database."""

import gzip
import io
import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError

from comm100.core.tenancy import working_for
from tests.visitors.browsing import counts, move, visitors_of
from visitors.models import PageView, VisitCount
from visitors.visits import beacon, buffer, sites

What = VisitCount.What
VISITOR = "A" * 22
FACTS = {"v": f"{VISITOR}.s", "p": "https://acme.example/bikes"}


class Door:
    """The web server's side of `fast_lane`; what goes the long way is noted."""

    def __init__(self):
        self.went_on = []
        self.application = beacon.fast_lane(self._product)

    def ask(self, house, body=b"", *, method="POST", door="visit", **facts):
        """Status, headers and body."""
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": house.public_url(door),
            "REMOTE_ADDR": "203.0.113.77",
            "HTTP_USER_AGENT": "Mozilla/5.0 Firefox/133.0",
            "wsgi.input": io.BytesIO(body),
        }
        said = []
        answer = self.application(
            environ | facts, lambda status, headers: said.append((status, headers))
        )
        [(status, headers)] = said
        return int(status[:3]), dict(headers), b"".join(answer)

    def tell(self, house, **more):
        return self.ask(house, json.dumps(FACTS).encode(), **more)

    def _product(self, environ, start):
        self.went_on.append(environ["REQUEST_METHOD"])
        start("200 OK", [])
        return [b""]


@pytest.fixture
def door():
    return Door()


def test_an_event_is_kept_before_it_is_answered(acme, door):
    status, headers, body = door.tell(acme)
    assert (status, body) == (204, b"")
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers
    assert buffer.waiting() == 1
    move()
    assert (buffer.waiting(), counts(acme, What.PAGE)) == (0, {"/bikes": 1})
    assert not door.went_on


@pytest.mark.policy("P4.1", "P2.4")
def test_the_door_counts_nobody_who_did_not_agree(acme, door):
    """No cookie, a no, the browser's own signal, a program: understood, and nothing is kept."""
    unasked = json.dumps({"p": FACTS["p"]}).encode()
    refused = json.dumps(FACTS | {"v": "no"}).encode()
    assert door.ask(acme, unasked)[0] == 200
    assert door.ask(acme, refused)[0] == 200
    assert door.tell(acme, HTTP_SEC_GPC="1")[0] == 200
    assert door.tell(acme, HTTP_USER_AGENT="Examplebot/1.0")[0] == 200
    assert buffer.waiting() == 0


@pytest.mark.policy("P4.2")
def test_who_rejects_on_a_page_of_the_sites_own_is_forgotten(acme, door):
    """Also with a signal that says no by now; a stranger's word without an id does nothing."""
    door.tell(acme)
    move()
    assert len(visitors_of(acme.site)) == 1
    door.tell(acme)
    gone = FACTS | {"gone": 1}
    assert door.ask(acme, json.dumps(gone | {"v": "no"}).encode())[0] == 200
    assert door.ask(acme, json.dumps(gone).encode(), HTTP_SEC_GPC="1")[0] == 204
    move()
    assert visitors_of(acme.site) == []
    with working_for(acme.site.pk):
        assert not PageView.objects.exists()


def test_the_picture_needs_no_script(acme, door):
    """A view for each time somebody who agreed is shown it, of nobody; none before they chose,
    and none when browser or visitor said no."""
    facts = {"method": "GET", "door": "visit.gif", "HTTP_REFERER": "https://acme.example/a?b=c"}
    assert door.ask(acme, **facts)[0] == 200
    agreed = {"QUERY_STRING": f"v={'A' * 22}.s"}  # the page's server read it on its own host
    status, headers, body = door.ask(acme, **facts, **agreed)
    assert (status, headers["Content-Type"], body[:6]) == (200, "image/gif", b"GIF89a")
    assert door.ask(acme, **facts, **agreed, HTTP_SEC_GPC="1")[0] == 200
    assert door.ask(acme, **facts, HTTP_COOKIE=f"{settings.VISITOR_COOKIE}=no")[0] == 200
    move()
    assert (counts(acme, What.PAGE), visitors_of(acme.site)) == ({"/a": 1}, [])


def test_what_is_unusual_goes_the_long_way(acme, door, monkeypatch):
    """Other methods, and what came without TLS where there is any: the product answers."""
    door.ask(acme, method="OPTIONS")
    door.ask(acme, method="POST", door="visit.gif")
    monkeypatch.setattr(settings, "LOCAL", False)
    door.tell(acme)
    assert door.went_on == ["OPTIONS", "POST", "POST"]
    assert door.tell(acme, HTTP_X_FORWARDED_PROTO="https")[0] == 204
    assert len(door.went_on) == 3


def test_visits_go_on_while_the_database_is_away(acme, rival, door, monkeypatch):
    """A site that was looked up before goes on; of another nobody knows, so it may try again."""
    door.tell(acme)
    monkeypatch.setattr(sites, "_looked_up", away)
    monkeypatch.setattr(sites, "KNOWN_SECONDS", 0)
    for slug, (_, site) in list(sites._known.items()):
        sites._known[slug] = (1.0, site)  # long ago
    assert door.tell(acme)[0] == 204
    assert door.tell(rival)[0] == 503
    assert buffer.waiting() == 2


def away(slug):
    raise OperationalError


@pytest.mark.policy("P2.4")
def test_the_script_is_small_and_asks_nobody_else(company, browser):
    """At most 3 KB as it travels; it imports nothing and names no other host."""
    answer = browser.get(f"/p/{company.slug}/visit.js")
    source = answer.content.decode()
    assert len(gzip.compress(answer.content, 9)) <= 3 * 1024
    assert answer.content == (Path(settings.BASE_DIR) / "static/js/visit.js").read_bytes()
    assert not re.search(r"\bimport\b|\brequire\b|createElement\(.script", source)
    assert set(re.findall(r"https?://([\w.-]+)", source)) <= {"HOST"}
