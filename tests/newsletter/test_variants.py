"""A test of variants: samples, the winner, the rest; and nobody gets two."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.tenancy import working_for
from mail import carriers
from mail.models import Mailing
from newsletter import tasks
from newsletter.models import Campaign
from newsletter.operations import testing
from tests.newsletter.conftest import campaign, list_with, submit, write

State = Campaign.State
PEOPLE = [f"reader{n}@example.net" for n in range(60)]
PLAN = {"share": 50, "winner_by": Campaign.WinnerBy.HAND.value, "decide_after": 4}
SUBJECTS = {"b-subject": "Bring your bike in", "c-subject": "A week for bikes"}


@pytest.fixture
def tested(trusted, sign_in):
    """A campaign with variants A, B, C, not submitted: the editor's client and its number."""

    def tested(**changes):
        news = list_with(trusted, *PEOPLE)
        client = sign_in(trusted.editor)
        number = write(client, trusted, news)
        url = trusted.url(f"newsletter/{number}/variants/")
        answer = client.post(url, PLAN | SUBJECTS | changes)
        assert answer.status_code == 302, answer.content.decode()
        return client, number

    return tested


def fresh(house, number):
    with working_for(house.site.pk):
        return Campaign.objects.with_numbers().get(number=number)


def subjects(post_office):
    return Counter(letter.subject for letter in post_office.letters)


def test_samples_leave_first_and_the_rest_gets_the_chosen_one(trusted, tested, post_office):
    client, number = tested()
    submit(client, trusted, number)
    post_office.deliver()

    samples = subjects(post_office)
    assert set(samples) == {"Autumn service week", *SUBJECTS.values()}
    assert 10 < sum(samples.values()) < 50
    assert fresh(trusted, number).state == State.TESTING
    page = client.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "Testing." in page
    assert "Send B to the rest" in page

    client.post(trusted.url(f"newsletter/{number}/winner/"), {"place": "1"})
    client.post(trusted.url(f"newsletter/{number}/winner/"), {"place": "2"})
    post_office.deliver()

    assert sorted(letter.envelope_to for letter in post_office.letters) == sorted(PEOPLE)
    after = subjects(post_office)
    assert after["Bring your bike in"] > samples["Bring your bike in"]
    assert after["A week for bikes"] == samples["A week for bikes"]
    assert fresh(trusted, number).state == State.SENT
    page = client.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "It left for 60 readers." in page
    assert "The rest got this" in page


def test_the_variant_with_the_most_clicks_wins_after_its_hours(trusted, tested, post_office):
    Site.objects.filter(pk=trusted.site.pk).update(track_clicks=True)
    client, number = tested(winner_by=Campaign.WinnerBy.CLICKS.value, decide_after=2)
    submit(client, trusted, number)
    post_office.deliver()
    with working_for(trusted.site.pk):
        third = fresh(trusted, number).in_order[2].mailing
        from mail.operations import count_one

        count_one(third.pk, "clicked")

    tasks.decide_due_tests()
    assert fresh(trusted, number).state == State.TESTING
    with working_for(trusted.site.pk):
        Campaign.objects.update(decide_at=timezone.now() - timedelta(seconds=1))
    tasks.decide_due_tests()
    tasks.decide_due_tests()
    post_office.deliver()

    assert fresh(trusted, number).winner == 2
    assert subjects(post_office)["A week for bikes"] > 30
    assert sorted(letter.envelope_to for letter in post_office.letters) == sorted(PEOPLE)


def test_a_winner_waits_while_the_samples_have_not_left(
    trusted, tested, post_office, nobody_delivers
):
    Site.objects.filter(pk=trusted.site.pk).update(track_clicks=True)
    client, number = tested(winner_by=Campaign.WinnerBy.CLICKS.value)
    submit(client, trusted, number)
    with working_for(trusted.site.pk):
        Campaign.objects.update(decide_at=timezone.now() - timedelta(seconds=1))
    tasks.decide_due_tests()

    found = fresh(trusted, number)
    assert found.state == State.TESTING
    assert found.decide_at > timezone.now() + timedelta(minutes=50)


def test_a_lost_wake_up_does_not_leave_a_sample_unfilled(trusted, tested, post_office, monkeypatch):
    client, number = tested()
    with monkeypatch.context() as patched:
        patched.setattr(tasks.fill_outbox, "delay", lambda _: None)
        submit(client, trusted, number)
    post_office.deliver()
    assert post_office.letters == []

    with working_for(trusted.site.pk):  # whoever fills it would have shown a sign of life
        Mailing.objects.update(turn_at=timezone.now() - timedelta(seconds=11))
    tasks.go_on_filling()
    post_office.deliver()
    assert len(subjects(post_office)) == 3


def test_a_changed_address_does_not_get_a_second_variant(trusted, tested, post_office):
    client, number = tested()
    submit(client, trusted, number)
    post_office.deliver()
    got = {letter.envelope_to for letter in post_office.letters}
    with working_for(trusted.site.pk):
        from visitors.models import Contact

        for n, person in enumerate(Contact.objects.filter(email__in=got)):
            person.set_email(f"moved{n}@example.net")
            person.save()
    client.post(trusted.url(f"newsletter/{number}/winner/"), {"place": "0"})
    post_office.deliver()
    assert sorted(letter.envelope_to for letter in post_office.letters) == sorted(PEOPLE)


def test_holding_stops_samples_and_their_clock(trusted, tested, post_office, nobody_delivers):
    client, number = tested()
    submit(client, trusted, number)
    client.post(trusted.url(f"newsletter/{number}/hold/"))
    client.post(trusted.url(f"newsletter/{number}/winner/"), {"place": "0"})
    post_office.deliver()
    assert post_office.letters == []
    assert fresh(trusted, number).state == State.HELD

    client.post(trusted.url(f"newsletter/{number}/resumption/"))
    post_office.deliver()
    assert fresh(trusted, number).state == State.TESTING
    client.post(trusted.url(f"newsletter/{number}/cancellation/"))
    sent = len(post_office.letters)
    post_office.deliver()
    assert (len(post_office.letters), fresh(trusted, number).state) == (sent, State.CANCELLED)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"b-subject": "", "c-subject": ""}, "Write another subject or another text"),
        ({"winner_by": Campaign.WinnerBy.CLICKS.value}, "This site does not count clicks."),
        ({"decide_after": 0}, "greater than or equal to 1"),
        ({"share": 99}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_tested_is_refused_and_nothing_typed_is_lost(
    trusted, sign_in, changes, words
):
    client = sign_in(trusted.editor)
    number = write(client, trusted, list_with(trusted, "zoe@example.net"))
    url = trusted.url(f"newsletter/{number}/variants/")
    kept = {"d-preheader": "Kept words"}
    if words.startswith("Write"):
        kept = {}
    answer = client.post(url, PLAN | SUBJECTS | kept | changes)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert all(value in answer.content.decode() for value in kept.values())
    assert not campaign(trusted, number).is_test


@pytest.mark.policy("P9.4")
def test_a_change_of_one_variant_takes_the_whole_back_to_draft(trusted, tested, post_office):
    client, number = tested()
    submit(client, trusted, number, when="later", wanted_at="2099-07-01T09:00")
    approved = campaign(trusted, number).mailing
    client.post(trusted.url(f"newsletter/{number}/draft/"))
    client.post(trusted.url(f"newsletter/{number}/variants/"), PLAN | {"b-subject": "Other words"})
    with working_for(trusted.site.pk):
        Campaign.objects.update(starts_at=timezone.now())
    tasks.start_due_campaigns()
    post_office.deliver()

    assert post_office.letters == []
    assert campaign(trusted, number).state == State.DRAFT
    with working_for(trusted.site.pk):
        assert Mailing.objects.get(pk=approved.pk).state == Mailing.State.CANCELLED
    submit(client, trusted, number)
    assert campaign(trusted, number).mailing.content_hash != approved.content_hash


@pytest.mark.policy("P9.4")
def test_no_variant_leaves_whose_whole_is_not_approved(trusted, tested, post_office):
    client, number = tested()
    submit(client, trusted, number, when="later", wanted_at="2099-07-01T09:00")
    with working_for(trusted.site.pk):
        Mailing.objects.update(approved_hash=b"another")
        found = Campaign.objects.with_numbers().get(number=number)
        with pytest.raises(testing.mail.ContentChanged):
            testing.start_samples(found)
    post_office.deliver()
    assert post_office.letters == []


def test_a_copy_has_the_same_test_and_it_can_be_removed(trusted, tested):
    client, number = tested()
    copied = client.post(trusted.url(f"newsletter/{number}/copy/"))["Location"]
    page = client.get(copied.replace("/text/", "/variants/")).content.decode()
    assert "Bring your bike in" in page

    client.post(copied.replace("/text/", "/variants/removal/"))
    assert not campaign(trusted, number + 1).is_test
    assert campaign(trusted, number).is_test


def test_replies_and_bounces_of_a_sample_lead_to_the_campaign(trusted, tested, post_office):
    client, number = tested()
    submit(client, trusted, number)
    with working_for(trusted.site.pk):
        sample = fresh(trusted, number).in_order[1].mailing
        found = carriers.named([sample.pk])[sample.pk]
        assert (found.number, found.name) == (number, "Autumn service week")
        assert len(carriers.numbered(str(number)).mailing_ids) == 3
