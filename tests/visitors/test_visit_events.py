"""Events of visits: one row each, refused with a reason, counted and shown."""

import json

import pytest
from django.utils import timezone

from comm100.core.tenancy import working_for
from tests.visitors.browsing import choose, cookie_of, counts, move, tell, visitors_of
from visitors.models import PageView, VisitCount, Visitor
from visitors.visits import buffer

What = VisitCount.What


def test_two_sites_cannot_compare_their_visitors(acme, rival, browser):
    choose(browser, "accept")
    for house in (acme, rival):
        tell(browser, house, p="https://shop.example/")
    move()
    keys = {bytes(visitors_of(house.site)[0].key) for house in (acme, rival)}
    assert len(keys) == 2
    assert cookie_of(browser).encode()[:22] not in b"".join(keys)


def test_an_event_is_one_row_however_often_it_comes(acme, browser, monkeypatch):
    """A worker that dies after its commit leaves the events behind: read again, counted once."""
    choose(browser, "accept")
    for n in range(5):
        tell(browser, acme, p=f"https://acme.example/{n}")
    with monkeypatch.context() as patch:
        patch.setattr(buffer, "done", lambda entries: None)
        patch.setattr(buffer, "read", once(buffer.read))
        move()
    monkeypatch.setattr("visitors.visits.moving.IDLE_MS", 0)
    move()
    assert buffer.waiting() == 0
    with working_for(acme.site.pk):
        assert PageView.objects.count() == 5
    assert counts(acme, What.VIEWS) == {"": 5}
    assert counts(acme, What.VISITORS) == {"": 1}


def once(read):
    turns = []

    def read_once(*arguments, **options):
        turns.append(1)
        return read(*arguments, **options) if len(turns) == 1 else []

    return read_once


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[1]", 400),
        (b"\xff\x00", 400),
        (b'{"p": ""}', 400),
        (b'{"p": "javascript:alert(1)"}', 400),
        (b'{"p": "https://[bad"}', 400),
        (b'{"p": "/' + b"a" * 3000 + b'"}', 413),
        (b'{"p": "/a"}', 200),
        (b'{"p": "/a", "v": "forged"}', 200),
    ],
)
def test_bad_events_are_refused_with_a_reason(acme, browser, body, status):
    answer = browser.post(acme.public_url("visit"), body, content_type="text/plain")
    assert answer.status_code == status
    assert answer.content
    assert buffer.waiting() == 0


def test_strange_signs_do_no_harm(acme, browser):
    choose(browser, "accept")
    for page in ("/a\x00b", "/\ud800", "/ünï/漢字", "/" + "x/" * 400, "/a'; DROP TABLE--"):
        assert tell(browser, acme, p=page).status_code == 204, page
    move()
    assert sum(counts(acme, What.PAGE).values()) == 5


def test_no_site_no_bots_and_not_too_many(acme, browser, settings):
    choose(browser, "accept")
    assert browser.post("/p/nobody/visit", b"{}", content_type="text/plain").status_code == 404
    bot = {"User-Agent": "Examplebot/2.1 (+https://bot.example)"}
    facts = json.dumps({"p": "/", "v": cookie_of(browser)})
    url = acme.public_url("visit")
    assert browser.post(url, facts, content_type="text/plain", headers=bot).status_code == 200
    settings.VISITS_PER_SECOND = 0.3
    answers = [tell(browser, acme, p="/").status_code for _ in range(5)]
    assert answers[:3] == [204] * 3
    assert answers[-1] == 429


def test_a_buffer_that_is_away_keeps_nothing_and_says_so(acme, browser, monkeypatch):
    choose(browser, "accept")
    monkeypatch.setattr("visitors.visits.beacon.keep", away)
    monkeypatch.setattr("visitors.middleware.keep", away)
    assert tell(browser, acme, p="/").status_code == 503
    assert browser.get("/").status_code == 200


def away(event, **_):
    from redis.exceptions import ConnectionError as Away

    raise Away


def test_operators_see_who_is_here_and_what_is_used(acme, browser, sign_in):
    operator = sign_in(acme.reader)
    empty = operator.get(acme.url("visitors/")).content.decode()
    assert "Nobody counted yet" in empty
    choose(browser, "accept")
    tell(browser, acme, p="https://acme.example/bikes")
    move()
    page = operator.get(acme.url("visitors/?days=7")).content.decode()
    for words in ("1 visitor now", "/bikes", "Firefox", "German"):
        assert words in page
    script = operator.get(acme.url("visitors/script/")).content.decode()
    assert f"/p/{acme.site.slug}/visit.js" in script


def test_the_page_of_visitors_takes_few_queries(acme, sign_in, django_assert_max_num_queries):
    operator = sign_in(acme.reader)
    operator.get(acme.url("visitors/"))
    with working_for(acme.site.pk):
        for n in range(60):
            Visitor.objects.create(site=acme.site, key=bytes([n]) * 16, last_seen=timezone.now())
        VisitCount.objects.create(site=acme.site, day=timezone.now().date(), what=1, count=3)
    with django_assert_max_num_queries(17):  # BEGIN, COMMIT and the context's among them
        answer = operator.get(acme.url("visitors/"))
    assert "60 visitors now" in answer.content.decode()
