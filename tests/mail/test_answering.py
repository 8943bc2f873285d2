"""What people answer to a mailing: wishes to leave are obeyed, the rest is shown and passed on."""

import pytest

from comm100.core.tenancy import working_for
from mail.models import MailDay, Reply, Suppression
from mail.reading import Reading
from newsletter.models import Departure
from tests.mail.coming import answer
from tests.mail.conftest import fresh
from tests.newsletter.conftest import list_with, place

CAT = "cat@acme-customers.example"


@pytest.fixture
def replies(acme, letter, comes_back):
    """Cat answers; what the site then has."""

    def reply(text, sender=CAT, **facts):
        raw = answer(letter, text, sender=sender, **facts)
        comes_back(letter.message["Reply-To"].addresses[0].addr_spec, raw, sender)
        with working_for(acme.site.pk):
            return list(Reply.objects.order_by("number"))

    return reply


def reasons(house):
    with working_for(house.site.pk):
        return [row.reason for row in Suppression.objects.all()]


@pytest.mark.policy("P7.3")
def test_a_reply_that_asks_to_be_unsubscribed_is_obeyed_and_told_so(
    acme, post_office, letter, replies, client
):
    list_with(acme, CAT)
    (reply,) = replies("Please unsubscribe me from this newsletter.")
    assert reply.state == Reply.State.UNSUBSCRIBED
    assert reasons(acme) == [Suppression.Reason.UNSUBSCRIBED]
    assert place(acme, CAT).state == place(acme, CAT).State.UNSUBSCRIBED
    with working_for(acme.site.pk):
        assert Departure.objects.get().how == Departure.How.REPLY
    assert (fresh(letter.mailing).unsubscribed, fresh(letter.mailing).replied) == (1, 1)

    confirmation = post_office.deliver()[-1]
    assert (confirmation.envelope_to, confirmation.message["Auto-Submitted"]) == (
        CAT,
        "auto-replied",
    )
    (undo,) = confirmation.links
    assert b"You are unsubscribed" in client.get(undo).content
    assert reasons(acme) == [Suppression.Reason.UNSUBSCRIBED]  # looking changes nothing
    client.post(undo, {"again": "1"})
    assert reasons(acme) == []
    assert place(acme, CAT).state == place(acme, CAT).State.SUBSCRIBED


@pytest.mark.policy("P7.3")
def test_who_asks_again_gets_one_confirmation_a_day(acme, post_office, letter, replies):
    for _ in range(3):
        replies("Unsubscribe me please")
    assert [m.subject for m in post_office.deliver()[1:]] == ["You are unsubscribed from Acme"]


@pytest.mark.policy("P7.3")
@pytest.mark.parametrize(
    "text", ["Thanks, lovely pictures!", "I would never unsubscribe, you are great."]
)
def test_a_reply_with_another_wish_leaves_everything_as_it_is(acme, letter, replies, text):
    (reply,) = replies(text, name="Cat Customer")
    assert (reply.state, reply.new_text) == (Reply.State.NEW, text)
    assert "Unsubscribe" in reply.whole_text  # the footer that was quoted
    assert reasons(acme) == []


def test_the_site_gets_a_copy_and_its_answer_goes_to_the_person(acme, post_office, letter, replies):
    replies("Do you ship to Norway?", name="Cat Customer", subject="Re: News")
    (copy,) = [m for m in post_office.deliver() if m.envelope_to == "ann@acme.example"]
    assert copy.message["Reply-To"].addresses[0].addr_spec == CAT
    assert copy.message["From"].addresses[0].display_name == "Cat Customer via Comm100"
    assert copy.subject == "Re: News"
    assert copy.text.startswith("Do you ship to Norway?")


def test_a_copy_that_comes_back_goes_round_no_more(acme, post_office, letter, replies):
    replies("Hello?", X_Comm100_Forwarded="mail.localhost")
    replies("My own answer", sender="ann@acme.example")
    assert len(post_office.deliver()) == 1


def test_two_machines_that_answer_each_other_come_to_an_end(
    acme, post_office, letter, replies, monkeypatch
):
    monkeypatch.setattr("mail.operations.replying.FORWARDS_A_DAY", 2)
    for number in range(4):
        replies(f"Ping {number}")
    assert len(post_office.deliver()) == 1 + 2


@pytest.mark.parametrize(
    "headers",
    [{"Auto_Submitted": "auto-replied"}, {"X_Autoreply": "yes"}, {"Precedence": "auto_reply"}],
)
def test_an_automatic_answer_is_counted_and_never_answered(
    acme, post_office, letter, replies, headers
):
    text = "I am out of the office. Unsubscribe me? No: I am back on Monday."
    assert replies(text, subject="Out of office", **headers) == []
    assert len(post_office.deliver()) == 1
    with working_for(acme.site.pk):
        assert MailDay.objects.get().auto_replied == 1


def test_the_same_mail_twice_is_one_reply(acme, letter, comes_back):
    raw = answer(letter, "Hello", sender=CAT)
    for hop in (b"", b"Received: from elsewhere\r\n"):
        comes_back(letter.message["Reply-To"].addresses[0].addr_spec, hop + raw, CAT)
    with working_for(acme.site.pk):
        assert Reply.objects.count() == 1
    assert fresh(letter.mailing).replied == 1


def test_a_doubtful_wish_waits_for_a_person_who_decides_with_one_click(
    acme, letter, replies, sign_in, monkeypatch
):
    monkeypatch.setattr(
        "mail.operations.arriving.read_mail", lambda raw: doubtful("Too many mails. Stop?")
    )
    (reply,) = replies("Too many mails. Stop?")
    assert (reply.state, reasons(acme)) == (Reply.State.UNDECIDED, [])
    page = sign_in(acme.editor).get(acme.url("mail/replies/")).content.decode()
    assert "1 may want to leave" in page
    decision = acme.url(f"mail/replies/{reply.number}/decision/")
    assert sign_in(acme.reader).post(decision, {"decision": "unsubscribe"}).status_code == 403
    for _ in range(2):
        sign_in(acme.editor).post(decision, {"decision": "unsubscribe"})
    assert reasons(acme) == [Suppression.Reason.UNSUBSCRIBED]
    assert fresh(letter.mailing).unsubscribed == 1


def doubtful(text):
    return Reading("reply", new_text=text, wish="doubtful")
