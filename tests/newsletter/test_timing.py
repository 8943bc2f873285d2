"""When campaigns leave: on each reader's clock; and those that missed their time."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.tenancy import working_for
from mail.models import Mailing, Outbox
from newsletter import tasks
from newsletter.models import Campaign
from tests.newsletter.conftest import campaign, list_with, submit, write
from visitors.models import Contact

State = Campaign.State


def in_zones(house, **zones):
    """A list with one reader a zone: the name before the @ is the key."""
    news = list_with(house, *(f"{who}@example.net" for who in zones))
    with working_for(house.site.pk):
        for who, zone in zones.items():
            Contact.objects.filter(email=f"{who}@example.net").update(time_zone=zone)
    return news


def times_of(house):
    with working_for(house.site.pk):
        rows = Outbox.objects.exclude(mailing=None)
        return {row.address.split("@")[0]: row.not_before for row in rows}


def set_clock(house, **facts):
    with working_for(house.site.pk):
        Campaign.objects.update(**facts)


def test_each_reader_gets_it_when_their_own_clock_shows_the_time(trusted, sign_in, post_office):
    Site.objects.filter(pk=trusted.site.pk).update(time_zone="Europe/Berlin")
    news = in_zones(trusted, kim="Asia/Tokyo", ann="America/New_York", bob="", eve="Europe/Berlin")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)
    submit(editor, trusted, number, when="local", wanted_at="2099-07-01T09:00")
    found = campaign(trusted, number)
    assert found.state == State.SCHEDULED
    assert found.starts_at == datetime(2099, 6, 30, 19, tzinfo=UTC)  # 09:00 on Kiritimati
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "on 1 July 2099 at 09:00 of their own time" in page
    assert "the first may leave on 30 June at 21:00, the last on 1 July at 23:00" in page

    set_clock(trusted, starts_at=timezone.now())
    tasks.start_due_campaigns()
    post_office.deliver()

    assert post_office.letters == []
    assert {who: f"{at:%d %H}" for who, at in times_of(trusted).items()} == {
        "kim": "01 00",
        "bob": "01 07",
        "eve": "01 07",
        "ann": "01 13",
    }


def test_where_the_time_has_passed_it_leaves_at_once_and_the_others_later(
    trusted, sign_in, post_office
):
    news = in_zones(trusted, kim="Asia/Tokyo", ann="America/New_York")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)
    soon = timezone.now().astimezone(ZoneInfo("UTC")) + timedelta(minutes=30)
    submit(editor, trusted, number, when="local", wanted_at=f"{soon:%Y-%m-%dT%H:%M}")
    post_office.deliver()

    assert [letter.envelope_to for letter in post_office.letters] == ["kim@example.net"]
    assert campaign(trusted, number).state == State.SENDING
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "The last leave on" in page

    with working_for(trusted.site.pk):
        Outbox.objects.update(not_before=timezone.now())
    post_office.deliver()
    assert len(post_office.to("ann@example.net")) == 1
    assert campaign(trusted, number).state == State.SENT


@pytest.mark.parametrize(("late", "leaves"), [(timedelta(minutes=119), 1), (timedelta(hours=3), 0)])
def test_what_missed_its_time_by_two_hours_is_held_for_a_person(
    trusted, sign_in, post_office, late, leaves
):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number, when="later", wanted_at="2099-07-01T09:00")
    then = timezone.now() - late
    set_clock(trusted, starts_at=then, wanted_at=then)
    tasks.start_due_campaigns()
    tasks.start_due_campaigns()
    post_office.deliver()

    assert len(post_office.to("zoe@example.net")) == leaves
    if leaves:
        return
    assert campaign(trusted, number).state == State.OVERDUE
    letters = post_office.to("ed@acme.example")
    assert [letter.subject for letter in letters] == [
        "“Autumn service week” waits for you: its time has passed"
    ]
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "Held: it missed its time." in page

    editor.post(trusted.url(f"newsletter/{number}/schedule/"), {"when": "now"})
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1


def test_what_missed_its_time_gets_another_one(trusted, sign_in, post_office):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number, when="later", wanted_at="2099-07-01T09:00")
    then = timezone.now() - timedelta(days=1)
    set_clock(trusted, starts_at=then, wanted_at=then)
    tasks.start_due_campaigns()
    url = trusted.url(f"newsletter/{number}/schedule/")

    refused = editor.post(url, {"when": "later", "wanted_at": "2020-01-01T09:00"})
    assert refused.status_code == 422
    assert "This time has passed. Choose a later one." in refused.content.decode()
    assert sign_in(trusted.reader).post(url, {"when": "now"}).status_code == 403

    editor.post(url, {"when": "later", "wanted_at": "2099-08-01T09:00"})
    tasks.start_due_campaigns()
    post_office.deliver()
    found = campaign(trusted, number)
    assert (found.state, found.wanted_at) == (State.SCHEDULED, datetime(2099, 8, 1, 9, tzinfo=UTC))
    assert post_office.to("zoe@example.net") == []


def test_who_holds_a_campaign_stops_also_those_whose_time_is_to_come(trusted, sign_in, post_office):
    news = in_zones(trusted, ann="America/New_York")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)
    soon = timezone.now() + timedelta(minutes=30)
    submit(editor, trusted, number, when="local", wanted_at=f"{soon:%Y-%m-%dT%H:%M}")
    editor.post(trusted.url(f"newsletter/{number}/hold/"))
    with working_for(trusted.site.pk):
        Outbox.objects.update(not_before=timezone.now())
    post_office.deliver()
    assert post_office.letters == []

    editor.post(trusted.url(f"newsletter/{number}/resumption/"))
    post_office.deliver()
    assert len(post_office.to("ann@example.net")) == 1


def test_who_leaves_the_list_before_their_time_gets_nothing(trusted, sign_in, post_office):
    news = in_zones(trusted, ann="America/New_York", bob="America/New_York")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)
    soon = timezone.now() + timedelta(minutes=30)
    submit(editor, trusted, number, when="local", wanted_at=f"{soon:%Y-%m-%dT%H:%M}")
    with working_for(trusted.site.pk):
        ann = Contact.objects.get(email="ann@example.net")
    editor.post(trusted.url(f"newsletter/lists/{news.number}/members/{ann.number}/removal/"))
    with working_for(trusted.site.pk):
        Outbox.objects.update(not_before=timezone.now())
    post_office.deliver()

    assert [letter.envelope_to for letter in post_office.letters] == ["bob@example.net"]
    found = campaign(trusted, number)
    assert (found.state, found.mailing.sent, found.mailing.suppressed) == (State.SENT, 1, 1)


@pytest.mark.parametrize("when", ["now", "later"])
def test_what_lay_still_on_its_way_waits_for_a_person_who_sends_it_or_gives_another_time(
    trusted, sign_in, post_office, nobody_delivers, when
):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number)
    with working_for(trusted.site.pk):  # nothing ran for three hours
        then = timezone.now() - timedelta(hours=3)
        Mailing.objects.update(turn_at=then)
        Outbox.objects.exclude(mailing=None).update(not_before=then)
    post_office.deliver()
    assert post_office.to("zoe@example.net") == []
    assert campaign(trusted, number).state == State.HELD
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "Held: it missed its time." in page
    assert "Send it now, or choose another time" in page
    post_office.deliver()
    told = post_office.to(trusted.editor.user.email)
    assert [one.subject for one in told if "its time has passed" in one.subject]

    url = trusted.url(f"newsletter/{number}/schedule/")
    editor.post(url, {"when": when, "wanted_at": "2099-08-01T09:00"})
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == (when == "now")
    if when == "later":
        with working_for(trusted.site.pk):
            Mailing.objects.update(not_before=timezone.now())
        post_office.deliver()
        assert len(post_office.to("zoe@example.net")) == 1
