"""The way out: one click, a link, the preference page; and back (P7.1, P7.2, P7.4)."""

import re

import pytest
from django.core.mail import send_mail
from django.test import Client

from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from mail.models import Mailing, MailingHour, Suppression
from newsletter.models import Departure, NewsletterList, Subscriber
from tests.newsletter.conftest import campaign, contact, list_with, place, submit, write
from visitors.models import ContactEvent

CHOSEN = {"marketing": "on"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def letter(trusted, sign_in, post_office):
    """A campaign that Zoë got."""
    editor = sign_in(trusted.editor)
    submit(editor, trusted, write(editor, trusted, list_with(trusted, "zoe@example.net")))
    post_office.deliver()
    return post_office.to("zoe@example.net")[0]


def path(link):
    return re.sub(r"^https?://[^/]+", "", link)


def way_out(letter):
    (found,) = re.findall(r"<(https?://[^>]+/u/[^>]+)>", str(letter.message["List-Unsubscribe"]))
    return path(found)


def preferences_in(letter):
    return path(next(link for link in letter.links if "/preferences/" in link))


def subscribed(house):
    with working_for(house.site.pk):
        return Subscriber.objects.subscribed().count()


@pytest.mark.policy("P7.2")
def test_every_campaign_has_the_link_and_the_headers(trusted, letter):
    assert letter.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert way_out(letter) in letter.html
    assert way_out(letter) in letter.text
    assert preferences_in(letter) in letter.html


@pytest.mark.policy("P7.2")
def test_looking_at_the_link_changes_nothing(trusted, letter):
    for method in ("get", "head"):
        answer = getattr(Client(), method)(way_out(letter))
        assert answer.status_code == 200
    assert subscribed(trusted) == 1


@pytest.mark.policy("P7.2")
def test_one_click_unsubscribes_without_cookie_or_redirect(trusted, letter):
    client = Client(enforce_csrf_checks=True)
    answer = client.post(way_out(letter), ONE_CLICK)

    assert answer.status_code == 200
    assert not answer.cookies
    assert "You are unsubscribed" in answer.content.decode()
    zoe = contact(trusted, "zoe@example.net")
    with working_for(trusted.site.pk):
        assert NewsletterList.objects.get().subscribed == 0
        assert Suppression.objects.get().reason == Suppression.Reason.UNSUBSCRIBED
        assert Departure.objects.get().how == Departure.How.ONE_CLICK
        assert ContactEvent.objects.filter(contact=zoe, kind="unsubscribed").count() == 1
        assert JournalEntry.objects.get(action="consent.withdrawn").actor == zoe.actor_name
        assert Mailing.objects.get().unsubscribed == 1
        assert sum(MailingHour.objects.values_list("unsubscribed", flat=True)) == 1


def test_unsubscribing_twice_counts_once(trusted, letter):
    for _ in range(2):
        assert Client().post(way_out(letter), ONE_CLICK).status_code == 200
    with working_for(trusted.site.pk):
        assert Departure.objects.count() == 1
        assert Mailing.objects.get().unsubscribed == 1


@pytest.mark.policy("P7.1", "P7.2")
def test_who_unsubscribed_gets_no_next_campaign(trusted, letter, sign_in, post_office):
    Client().post(way_out(letter), ONE_CLICK)
    editor = sign_in(trusted.editor)
    news = list_with(trusted, "yan@example.net", name="More")
    with working_for(trusted.site.pk):
        first = NewsletterList.objects.get(name="News")
    submit(editor, trusted, write(editor, trusted, first, news))
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1
    assert len(post_office.to("yan@example.net")) == 1


@pytest.mark.policy("P7.2")
def test_who_unsubscribes_while_it_leaves_is_left_out(
    trusted, letter, sign_in, post_office, nobody_delivers
):
    editor = sign_in(trusted.editor)
    with working_for(trusted.site.pk):
        news = NewsletterList.objects.get()
    number = write(editor, trusted, news)
    submit(editor, trusted, number)
    Client().post(way_out(letter), ONE_CLICK)
    post_office.deliver()
    assert len(post_office.to("zoe@example.net")) == 1
    assert campaign(trusted, number).mailing.suppressed == 1


def test_an_operator_cannot_put_back_who_unsubscribed(trusted, letter, sign_in):
    Client().post(way_out(letter), ONE_CLICK)
    url = trusted.url("newsletter/lists/1/members/")
    answer = sign_in(trusted.editor).post(url, {"email": "zoe@example.net", "origin": "I say so"})
    assert answer.status_code == 422
    assert "This person unsubscribed." in answer.content.decode()
    assert subscribed(trusted) == 0


def test_subscribing_again_undoes_it(trusted, letter):
    Client().post(way_out(letter))
    answer = Client().post(way_out(letter), {"again": "1"})
    assert "You are subscribed again" in answer.content.decode()
    assert subscribed(trusted) == 1
    with working_for(trusted.site.pk):
        assert not Suppression.objects.exists()
        assert Mailing.objects.get().unsubscribed == 0
        assert sum(MailingHour.objects.values_list("unsubscribed", flat=True)) == 0
    Client().post(way_out(letter), {"again": "1"})
    assert subscribed(trusted) == 1


def test_a_changed_link_says_what_to_do(trusted, letter):
    for bad in (way_out(letter)[:-3], "/u/nonsense", way_out(letter).replace("/u/", "/u/A")):
        answer = Client().post(bad, ONE_CLICK)
        assert answer.status_code == 404
        assert "Answer the mail with the word “unsubscribe”" in answer.content.decode()
    assert subscribed(trusted) == 1


@pytest.mark.policy("P7.1")
def test_the_preference_page_changes_only_when_it_is_sent(trusted, letter):
    tips = list_with(trusted, name="Tips")
    page = Client().get(preferences_in(letter)).content.decode()
    assert "zoe@example.net" in page
    assert subscribed(trusted) == 1

    answer = Client().post(preferences_in(letter), CHOSEN | {"lists": [tips.pk]}, follow=True)
    page = answer.content.decode()
    assert "Your choice is saved." in page
    assert "You joined “Tips”" in page  # the history of choices
    assert place(trusted, "zoe@example.net").state == Subscriber.State.UNSUBSCRIBED
    assert place(trusted, "zoe@example.net", "Tips").state == Subscriber.State.SUBSCRIBED
    with working_for(trusted.site.pk):
        assert not Suppression.objects.exists()


@pytest.mark.policy("P7.1")
@pytest.mark.parametrize("facts", [{}, {"nothing": "1"}])
def test_choosing_nothing_unsubscribes(trusted, letter, facts):
    answer = Client().post(preferences_in(letter), facts, follow=True)
    assert "You are unsubscribed" in answer.content.decode()
    with working_for(trusted.site.pk):
        assert Departure.objects.get().how == Departure.How.PREFERENCES
        assert Suppression.objects.count() == 1


def test_choosing_a_list_that_is_not_offered_is_refused(trusted, rival, letter):
    hidden = list_with(trusted, name="Staff only", is_public=False)
    foreign = list_with(rival, name="Theirs")
    for pk in (hidden.pk, foreign.pk, 10**15):
        answer = Client().post(preferences_in(letter), {"lists": [pk]})
        assert answer.status_code == 422
    assert subscribed(trusted) == 1


def test_preferences_of_one_site_do_not_open_at_another(trusted, rival, letter):
    foreign = preferences_in(letter).replace("/p/acme/", "/p/rival/")
    assert Client().get(foreign).status_code == 404


@pytest.mark.policy("P7.4")
def test_who_unsubscribed_still_gets_letters_about_their_account(trusted, letter, post_office):
    Client().post(way_out(letter), ONE_CLICK)
    with working_for(trusted.site.pk):
        send_mail("Your new password", "Here is the link.", None, ["zoe@example.net"])
    post_office.deliver()
    assert [one.subject for one in post_office.to("zoe@example.net")][-1] == "Your new password"
