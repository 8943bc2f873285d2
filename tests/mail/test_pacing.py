"""Not too fast: where receivers say so, and from a domain that nobody knows yet."""

import pytest
from django.db import connections

from accounts.models import Site
from comm100.core.tenancy import across_sites, working_for
from mail import pacing
from mail.models import Outbox, Pace, SendingDomain
from mail.outcomes import Outcome
from mail.statements import as_post
from tests.mail.conftest import add_contacts, fresh
from tests.mail.test_failing import past, rows

State = Outbox.State


@pytest.fixture(autouse=True)
def nothing_is_slow():
    yield
    with connections["post"].cursor() as cursor:
        cursor.execute("DELETE FROM mail_pace")
    pacing._Slow.at = -pacing.REFRESH_SECONDS
    pacing._is_own.cache_clear()


def rate_of(key_start):
    return Pace.objects.using("post").get(key__startswith=key_start).rate


def test_a_receiver_that_says_too_many_gets_less_and_slowly_more(acme, post_office, start):
    people = [f"p{n}@large.example" for n in range(40)]
    add_contacts(acme, *people, "ann@other.example")
    for address in people:
        post_office.refuse(address, "451 4.7.28 too many messages, slow down")
    mailing = start(acme)
    assert rate_of("to:") == pacing.FIRST_RATE
    assert "ann@other.example" in {letter.envelope_to for letter in post_office.letters}

    post_office.refusals.clear()
    past("1 hour")
    before = len(post_office.letters)
    post_office.deliver()
    at_once = len(post_office.letters) - before
    assert 1 <= at_once < 20  # the rest has moments to come
    waiting = [row for row in rows(acme).values() if row.state == State.READY]
    assert len({row.not_before for row in waiting}) == len(waiting) >= 20
    assert all(row.attempts == 1 for row in waiting)

    with connections["post"].cursor() as cursor:  # half an hour later
        cursor.execute("UPDATE mail_pace SET since = since - interval '29 minutes'")
        cursor.execute("UPDATE mail_pace SET next_at = now() - interval '9 s', queue_until = now()")
    past("1 hour")
    post_office.deliver()
    assert len(post_office.letters) - before - at_once >= 15
    while fresh(mailing).sent < 42:  # the rest in their moments
        past("1 minute")
        post_office.deliver()


def test_each_complaint_halves_the_rate_once_in_ten_seconds(acme):
    for _ in range(3):
        as_post("pace_slower", keys=["to:7"], first=8.0, least=0.1)
    assert rate_of("to:7") == 8.0
    with connections["post"].cursor() as cursor:
        cursor.execute("UPDATE mail_pace SET since = since - interval '11 s'")
    as_post("pace_slower", keys=["to:7"], first=8.0, least=0.1)
    assert 4.0 <= rate_of("to:7") < 4.2


@pytest.mark.parametrize(
    ("code", "reply", "slower"),
    [
        (451, "4.7.28 Our system has detected an unusual rate", True),
        (421, "Too many connections from your host", True),
        (450, "4.7.1 Greylisted, come back later", False),
        (451, "4.3.0 try again", False),
    ],
)
def test_only_a_wish_for_less_slows_down(code, reply, slower):
    assert pacing.is_too_many(Outcome(1, State.RETRY, code, reply)) is slower


@pytest.fixture
def new_domain(acme):
    with working_for(acme.site.pk):
        SendingDomain.objects.create(
            site=acme.site, number=77, name="acme.example", state=SendingDomain.State.VERIFIED
        )
    return acme


def test_a_new_domain_is_warmed_up_day_by_day(new_domain, post_office, start):
    """The first day's fifty at once, twice as many on the next one."""
    add_contacts(new_domain, *(f"p{n}@example.net" for n in range(200)))
    mailing = start(new_domain)
    for hours, sent in ((0, 50), (3, 50), (25, 150), (30, 150), (50, 201)):
        with connections["post"].cursor() as cursor:
            cursor.execute(
                "UPDATE mail_pace SET since = now() - make_interval(hours => %s), "
                "next_at = next_at - since + now() - make_interval(hours => %s)",
                [hours, hours],
            )
        past("2 hours")
        post_office.deliver()
        assert fresh(mailing).sent == sent


def test_a_trusted_site_needs_no_warming_up(new_domain, post_office, start):
    with across_sites():
        Site.objects.filter(pk=new_domain.site.pk).update(standing=Site.Standing.TRUSTED)
    add_contacts(new_domain, *(f"p{n}@example.net" for n in range(30)))
    assert fresh(start(new_domain)).sent == 31
