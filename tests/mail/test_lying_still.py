"""After hours without power nothing leaves on its own; and sites take turns, not mailings."""

from datetime import timedelta

import pytest
from django.utils import timezone

from comm100.core.tenancy import working_for
from mail import operations, tasks
from mail.claims import claim
from mail.models import Lane, Mailing, Outbox
from tests.mail.conftest import add_contacts, fresh

HOURS = timedelta(hours=3)
HeldFor = Mailing.HeldFor


@pytest.fixture(autouse=True)
def nobody_delivers(monkeypatch):
    monkeypatch.setattr("mail.tasks.deliver_marketing.delay", lambda: None)


def sleep_through(mailing, *, rows=True):
    """Nothing ran for three hours, and its rows became due meanwhile."""
    then = timezone.now() - HOURS
    with working_for(mailing.site_id):
        Mailing.objects.filter(pk=mailing.pk).update(turn_at=then)
        if rows:
            Outbox.objects.filter(mailing=mailing).update(not_before=then)


def test_what_was_due_while_nothing_ran_waits_for_a_person(acme, start, post_office):
    mailing = start(acme)
    sleep_through(mailing)
    post_office.deliver()
    tasks.sweep()
    assert post_office.to(acme.customer.email) == []
    after = fresh(mailing)
    assert (after.state, after.held_for) == (Mailing.State.HELD, HeldFor.MISSED)

    with working_for(acme.site.pk):
        assert operations.resume_mailing(after, by=acme.owner)
    post_office.deliver()
    assert len(post_office.to(acme.customer.email)) == 1


def test_what_waits_for_its_own_hour_is_not_late(acme, start, post_office):
    mailing = start(acme)
    sleep_through(mailing, rows=False)  # the rows became due just now
    post_office.deliver()
    assert len(post_office.to(acme.customer.email)) == 1


def test_a_campaign_half_filled_hours_ago_waits_for_a_person(acme, start, post_office):
    mailing = start(acme, fill=False)
    sleep_through(mailing)
    from visitors.models import Contact

    with working_for(acme.site.pk):
        assert operations.fill_chunk(mailing, Contact.objects.all())
    assert fresh(mailing).held_for == HeldFor.MISSED
    post_office.deliver()
    assert post_office.to(acme.customer.email) == []


def test_a_site_with_many_mailings_gets_no_more_turns_than_one_with_one(acme, rival, start):
    for house in (acme, rival):
        add_contacts(house, *(f"r{at}@{house.site.slug}.example" for at in range(5)))
    [start(acme, subject=f"News {at}") for at in range(4)]
    start(rival)
    turns = [claim(Lane.MARKETING, 1).rows[0].site_id for _ in range(8)]
    assert turns.count(rival.site.pk) == 4
