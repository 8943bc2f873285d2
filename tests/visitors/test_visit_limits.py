"""One network does not fill a site's counts; everybody else's visits, and every no, still count."""

import json
import re

import pytest

from comm100.core.hiding import network_of
from comm100.core.tenancy import working_for
from tests.visitors.browsing import choose, cookie_of, counts, move, visitors_of
from tests.visitors.test_visit_door import FACTS, Door
from visitors.models import PageView, VisitCount
from visitors.visits import buffer

What = VisitCount.What
PICTURE = {
    "method": "GET",
    "door": "visit.gif",
    "HTTP_REFERER": "https://acme.example/a",
    "QUERY_STRING": f"v={'A' * 22}.s",
}
OFFICE, HOME = "203.0.113.77", "198.51.100.4"
GONE = json.dumps(FACTS | {"gone": 1}).encode()


@pytest.fixture
def door(settings, monkeypatch):
    """Three events of one network in ten seconds; all of a test are in the same ten."""
    settings.VISITS_PER_ADDRESS = 0.3
    monkeypatch.setattr(buffer.time, "time", lambda: 1_900_000_000.0)
    return Door()


def events(door, house, times, **facts):
    return [door.tell(house, **facts)[0] for _ in range(times)]


@pytest.mark.policy("P10.1")
def test_one_network_tells_so_many_events_of_a_site_and_no_more(acme, rival, door):
    assert events(door, acme, 5, REMOTE_ADDR=OFFICE) == [204, 204, 204, 429, 429]
    assert events(door, acme, 1, REMOTE_ADDR=HOME) == [204]
    assert events(door, rival, 1, REMOTE_ADDR=OFFICE) == [204]
    assert buffer.waiting() == 5
    move()
    assert counts(acme, What.VIEWS) == {"": 4}


def test_ten_seconds_later_it_tells_again(acme, door, monkeypatch):
    assert events(door, acme, 4)[-1] == 429
    monkeypatch.setattr(buffer.time, "time", lambda: 1_900_000_010.0)
    assert events(door, acme, 1) == [204]


def test_the_picture_is_shown_all_the_same_and_counts_nothing(acme, door):
    answers = [door.ask(acme, **PICTURE) for _ in range(5)]
    assert {(status, body) for status, _, body in answers} == {(200, answers[0][2])}
    assert answers[0][2].startswith(b"GIF89a")
    move()
    assert counts(acme, What.VIEWS) == {"": 3}


@pytest.mark.policy("P4.2", "P7.1")
def test_a_no_is_heard_however_many_views_came_from_there(acme, door):
    assert events(door, acme, 4)[-1] == 429
    assert door.ask(acme, GONE)[0] == 204
    move()
    assert visitors_of(acme.site) == []


def test_our_own_pages_are_shown_and_count_no_more(acme, company, browser, door):
    choose(browser, "accept")
    assert cookie_of(browser)
    for _ in range(5):
        assert browser.get("/customers/").status_code == 200
    move()
    with working_for(company.pk):
        assert PageView.objects.count() == 3


def test_customers_of_a_provider_have_networks_and_not_addresses(acme, door):
    """IPv6: a customer has a /64; an IPv4 address in IPv6 clothes is the same one."""
    house = [f"2001:db8:1:2::{n}" for n in range(1, 6)]
    assert [door.tell(acme, REMOTE_ADDR=one)[0] for one in house] == [204] * 3 + [429] * 2
    assert door.tell(acme, REMOTE_ADDR="2001:db8:1:3::1")[0] == 204
    assert network_of("::ffff:203.0.113.77") == OFFICE


def test_zero_is_no_limit_and_who_has_no_address_meets_none(acme, door, settings):
    assert events(door, acme, 5, REMOTE_ADDR="unix:") == [204] * 5
    settings.VISITS_PER_ADDRESS = 0
    assert events(door, acme, 5) == [204] * 5


@pytest.mark.policy("P2.4")
def test_the_address_is_stored_nowhere_for_it_and_its_code_is_another_one_each_time(
    acme, door, monkeypatch
):
    door.ask(acme, **PICTURE)
    monkeypatch.setattr(buffer.time, "time", lambda: 1_900_000_010.0)
    door.ask(acme, **PICTURE)
    server = buffer.server()
    keys = [key.decode() for key in server.scan_iter(f"{buffer.stream()}*")]
    codes = [found[1] for key in keys if (found := re.search(r":([0-9a-f]{32})$", key))]
    assert len(codes) == len(set(codes)) == 2
    assert all(0 < server.ttl(key) <= 20 for key in keys if key != buffer.stream())
    assert OFFICE not in repr([keys, server.xrange(buffer.stream())])
