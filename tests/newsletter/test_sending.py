"""A campaign on its way: checked, submitted once, sent, held, cancelled, taken back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.models import Mailing, Outbox
from newsletter import tasks
from newsletter.models import Campaign
from tests.newsletter.conftest import campaign, list_with, submit, words, write

State = Campaign.State


def test_a_trusted_site_sends_to_everybody_on_its_lists_once(trusted, sign_in, post_office):
    news = list_with(trusted, "zoe@example.net", "yan@example.net")
    tips = list_with(trusted, "zoe@example.net", name="Tips")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news, tips)

    submit(editor, trusted, number)
    post_office.deliver()

    assert sorted(letter.envelope_to for letter in post_office.letters) == [
        "yan@example.net",
        "zoe@example.net",
    ]
    assert campaign(trusted, number).state == State.SENT
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "It left for 2 readers." in page
    with working_for(trusted.site.pk):
        Mailing.objects.update(replied=2, complained=1)
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert ">2 replies</a>" in page
    assert "1 reported it as spam" in page


def test_a_campaign_that_waits_for_a_moderator_says_when_it_is_to_leave(acme, sign_in):
    editor = sign_in(acme.editor)
    number = write(editor, acme, list_with(acme, "zoe@example.net"))

    answer = submit(editor, acme, number, when="later")
    assert "Give a day and a time." in answer.text
    submit(editor, acme, number, when="later", wanted_at="2099-05-04T09:30")

    page = editor.get(acme.url(f"newsletter/{number}/")).text
    assert "Then it leaves on 4 May 2099 at 09:30" in page


def test_the_preview_begins_with_readers_of_its_lists(acme, sign_in):
    list_with(acme, "reader@example.net", name="Read")
    news = list_with(acme, "zoe@example.net")
    list_with(acme, "newest@example.net", name="Others")
    editor = sign_in(acme.editor)
    number = write(editor, acme, news)

    page = editor.get(acme.url(f"newsletter/{number}/")).text
    assert ">zoe@example.net</option>" in page
    assert ">newest@example.net</option>" not in page


def test_a_contact_is_found_for_the_preview_of_what_has_left(trusted, sign_in, post_office):
    """The editor, which is closed by then, leads elsewhere: the choice came back empty."""
    news = list_with(trusted, "zoe@example.net", "yan@example.net")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)
    submit(editor, trusted, number)
    post_office.deliver()

    url = trusted.url(f"newsletter/{number}/preview/?person=zoe")
    found = editor.get(url, headers={"HX-Request": "true"}).text

    assert 'id="preview-people"' in found
    assert ">zoe@example.net</option>" in found
    assert "yan@example.net" not in found


def test_a_double_click_on_send_sends_once(trusted, sign_in, post_office):
    news = list_with(trusted, "zoe@example.net")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)

    submit(editor, trusted, number)
    again = submit(editor, trusted, number)
    post_office.deliver()

    assert again.status_code == 302
    assert len(post_office.to("zoe@example.net")) == 1


def test_a_new_site_waits_for_a_moderator_and_is_told_its_place(acme, rival, sign_in, post_office):
    for house in (rival, acme):
        client = sign_in(house.editor)
        number = write(client, house, list_with(house, "zoe@example.net"))
        submit(client, house, number)
    post_office.deliver()

    page = client.get(acme.url("newsletter/1/")).content.decode()
    assert "Moderation needed." in page
    assert "1 campaign is before it" in page
    assert post_office.to("zoe@example.net") == []


@pytest.mark.policy("P9.4")
def test_an_edit_after_approval_sends_nothing(trusted, sign_in, post_office):
    news = list_with(trusted, "zoe@example.net")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, news)
    later = (timezone.now() + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    submit(editor, trusted, number, when="later", wanted_at=later)
    assert campaign(trusted, number).state == State.SCHEDULED

    editor.post(trusted.url(f"newsletter/{number}/draft/"))
    revision = campaign(trusted, number).revision
    url = trusted.url(f"newsletter/{number}/text/")
    editor.post(url, words(trusted, news, subject="Something else", revision=revision))
    with working_for(trusted.site.pk):
        Campaign.objects.update(starts_at=timezone.now() - timedelta(hours=1))
    tasks.start_due_campaigns()
    post_office.deliver()

    assert campaign(trusted, number).state == State.DRAFT
    assert post_office.to("zoe@example.net") == []
    with working_for(trusted.site.pk):
        assert Mailing.objects.get().state == Mailing.State.CANCELLED


def test_a_tab_left_open_does_not_take_a_submitted_campaign_back(acme, sign_in):
    news = list_with(acme, "zoe@example.net")
    editor = sign_in(acme.editor)
    number = write(editor, acme, news)
    submit(editor, acme, number)

    url = acme.url(f"newsletter/{number}/text/")
    answer = editor.post(url, words(acme, news, revision=1), headers={"HX-Request": "true"})

    assert answer.status_code == 422
    assert campaign(acme, number).state == State.MODERATION_NEEDED


def test_a_scheduled_campaign_leaves_at_its_time_and_not_before(trusted, sign_in, post_office):
    Site.objects.filter(pk=trusted.site.pk).update(time_zone="Asia/Tokyo")
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number, when="later", wanted_at="2099-11-24T09:00")

    tasks.start_due_campaigns()
    post_office.deliver()
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "It leaves on 24 November 2099 at 09:00 (Asia/Tokyo)." in page
    assert f"{campaign(trusted, number).wanted_at:%Y-%m-%d %H}" == "2099-11-24 00"
    assert post_office.to("zoe@example.net") == []

    with working_for(trusted.site.pk):
        Campaign.objects.update(starts_at=timezone.now(), wanted_at=timezone.now())
    tasks.start_due_campaigns()
    tasks.start_due_campaigns()
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1


@pytest.mark.parametrize(
    ("changes", "words_of_the_error"),
    [
        ({"subject": ""}, "Write a subject."),
        ({"body": "<p> </p>"}, "Write the text of the mail."),
        ({"lists": []}, "Choose a list."),
        ({"body": "<p>{{ nonsense }}</p>"}, "There is no merge field “nonsense”."),
        ({"body": '<p><a href="www.acme.example">x</a></p>'}, "is no full web address"),
    ],
)
def test_what_is_not_ready_is_refused_with_what_to_do(
    trusted, sign_in, post_office, changes, words_of_the_error
):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"), **changes)

    answer = submit(editor, trusted, number)

    assert answer.status_code == 422
    assert words_of_the_error in answer.content.decode()
    assert campaign(trusted, number).state == State.DRAFT


def test_an_empty_list_is_refused(trusted, sign_in):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted))
    answer = submit(editor, trusted, number)
    assert answer.status_code == 422
    assert "Nobody is on the chosen list." in answer.content.decode()


def test_a_time_that_has_passed_is_refused_beside_the_field(trusted, sign_in):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    answer = submit(editor, trusted, number, when="later", wanted_at="2020-01-01T09:00")
    assert answer.status_code == 422
    assert "This time has passed. Choose a later one." in answer.content.decode()
    assert campaign(trusted, number).state == State.DRAFT


def test_a_suspended_site_cannot_submit(acme, sign_in):
    editor = sign_in(acme.editor)
    number = write(editor, acme, list_with(acme, "zoe@example.net"))
    Site.objects.filter(pk=acme.site.pk).update(standing=Site.Standing.SUSPENDED)
    answer = submit(editor, acme, number)
    assert answer.status_code == 422
    assert "suspended the newsletter of this site" in answer.content.decode()


def test_holding_stops_resuming_goes_on_and_cancelling_ends(
    trusted, sign_in, post_office, nobody_delivers
):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number)

    editor.post(trusted.url(f"newsletter/{number}/hold/"))
    post_office.deliver()
    assert campaign(trusted, number).state == State.HELD
    assert "Held by Ed acme" in editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert post_office.letters == []

    editor.post(trusted.url(f"newsletter/{number}/resumption/"))
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1

    editor.post(trusted.url(f"newsletter/{number}/cancellation/"))
    assert campaign(trusted, number).state == State.SENT  # nothing was left to cancel


def test_a_cancelled_campaign_sends_nothing_and_can_be_copied(
    trusted, sign_in, post_office, nobody_delivers
):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number)
    editor.post(trusted.url(f"newsletter/{number}/cancellation/"))
    post_office.deliver()
    assert campaign(trusted, number).state == State.CANCELLED
    assert post_office.letters == []

    copy = editor.post(trusted.url(f"newsletter/{number}/copy/"))["Location"]
    assert "Autumn service week" in editor.get(copy).content.decode()


def test_those_of_unknown_fate_are_sent_again_when_somebody_says_so(
    trusted, sign_in, post_office, nobody_delivers
):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number)
    with working_for(trusted.site.pk):
        Outbox.objects.update(state=Outbox.State.UNKNOWN)
        Mailing.objects.update(unknown=1, state=Mailing.State.DONE)
        Campaign.objects.update(state=State.SENT)
    page = editor.get(trusted.url(f"newsletter/{number}/")).content.decode()
    assert "Resend these 1" in page

    for _ in range(2):  # a double click, and one on a page that was left open
        for _ in range(2):
            editor.post(trusted.url(f"newsletter/{number}/unknown/"))
        post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1
    mailing = campaign(trusted, number).mailing
    assert mailing
    assert (mailing.sent, mailing.unknown, mailing.state) == (1, 0, Mailing.State.DONE)


def test_a_test_goes_to_somebody_who_works_here_and_nowhere_else(acme, sign_in, post_office):
    editor = sign_in(acme.editor)
    number = write(editor, acme, list_with(acme, "zoe@example.net"))
    url = acme.url(f"newsletter/{number}/test/")

    editor.post(url, {"to": acme.owner.pk})
    refused = editor.post(url, {"to": "zoe@example.net"}, follow=True)
    post_office.deliver()

    (letter,) = post_office.to("ann@acme.example")
    assert letter.subject == "[Test] Autumn service week"
    assert "Choose who gets the test" in refused.content.decode()
    assert len(post_office.letters) == 1


def test_what_was_submitted_released_and_taken_back_stands_in_the_journal(trusted, sign_in):
    editor = sign_in(trusted.editor)
    number = write(editor, trusted, list_with(trusted, "zoe@example.net"))
    submit(editor, trusted, number, when="later", wanted_at="2099-01-01T09:00")
    editor.post(trusted.url(f"newsletter/{number}/draft/"))
    with working_for(trusted.site.pk):
        actions = list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))
    assert [a for a in actions if a.startswith("campaign.")] == [
        "campaign.submitted",
        "campaign.released",
        "campaign.withdrawn",
    ]


@pytest.mark.parametrize("rest", ["hold", "resumption", "cancellation", "submission", "unknown"])
def test_a_reader_may_look_and_not_send(acme, sign_in, rest):
    number = write(sign_in(acme.editor), acme)
    reader = sign_in(acme.reader)
    assert reader.get(acme.url(f"newsletter/{number}/")).status_code == 200
    assert reader.post(acme.url(f"newsletter/{number}/{rest}/")).status_code == 403


def test_another_site_finds_no_campaign(acme, rival, sign_in):
    write(sign_in(acme.editor), acme)
    stranger = sign_in(rival.owner)
    for rest in ("", "text/", "preview/", "submission/", "deliveries/"):
        assert stranger.get(rival.url(f"newsletter/1/{rest}")).status_code == 404
        assert stranger.get(acme.url(f"newsletter/1/{rest}")).status_code == 404
