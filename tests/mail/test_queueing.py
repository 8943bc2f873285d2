"""Every Django mail takes the transactional lane."""

import pytest
from django.core import mail as django_mail
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction

from comm100.core.tenancy import Context, context, working_for
from comm100.core.tokens import BadToken
from mail import operations
from mail.links import (
    bounce_address,
    preferences_url,
    read_local,
    read_preferences,
    read_unsubscribe,
    unsubscribe_url,
)
from mail.models import Outbox
from tests.mail.conftest import content


def test_a_mail_of_nobody_in_particular_is_the_companys(company, post_office):
    with context(Context()):
        django_mail.send_mail("Verify", "https://x.example/a", None, ["new@example.net"])
    (letter,) = post_office.letters
    assert letter.links == ["https://x.example/a"]
    assert letter.message["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in letter.message
    with working_for(company.pk):
        row = Outbox.objects.get()
    assert (row.state, row.content, row.attempts) == (Outbox.State.SENT, None, 1)


def test_a_mail_of_a_site_is_its_own(acme, post_office):
    with working_for(acme.site.pk):
        django_mail.send_mail("Hi", "Text", None, ["new@example.net"])
        assert Outbox.objects.count() == 1


def test_what_is_rolled_back_sends_nothing(company, post_office):
    with context(Context()):
        django_mail.send_mail("Verify", "x", None, ["new@example.net"])
        transaction.set_rollback(True)
    assert post_office.deliver() == []


def test_everyone_in_to_cc_and_bcc_gets_a_copy_and_bcc_stays_hidden(company, post_office):
    message = EmailMultiAlternatives(
        "Grüße",
        "ä" * 2000,
        "Ann <ann@example.net>",
        ["Bo <bo@example.net>"],
        bcc=["hid@example.net"],
    )
    message.attach_alternative("<b>ä</b>", "text/html")
    message.send()
    assert {letter.envelope_to for letter in post_office.letters} == {
        "bo@example.net",
        "hid@example.net",
    }
    letter = post_office.letters[0]
    assert b"hid@" not in letter.raw
    assert letter.raw.isascii()
    assert (letter.subject, letter.text.strip(), letter.html.strip()) == (
        "Grüße",
        "ä" * 2000,
        "<b>ä</b>",
    )


def test_a_key_makes_a_second_mail_impossible(acme, post_office):
    for _ in range(2):
        with working_for(acme.site.pk):
            operations.enqueue(EmailMessage("Receipt", "1", to=["a@example.net"]), key="receipt-1")
    assert len(post_office.letters) == 1


def test_a_sample_shows_the_mail_and_its_links_lead_to_nobody(acme, post_office):
    with working_for(acme.site.pk):
        operations.send_sample(content(), contact=acme.customer, to="ed@acme.example")
    (letter,) = post_office.to("ed@acme.example")
    assert letter.subject == "[Test] News for Cat Customer"
    assert letter.message["List-Unsubscribe"] is None
    token = letter.links[-1].rpartition("/u/")[2]
    assert read_unsubscribe(token) == (acme.site.pk, 0, 0)


def test_the_content_of_mail_is_in_no_log(acme, post_office, caplog):
    caplog.set_level("DEBUG")
    with working_for(acme.site.pk):
        django_mail.send_mail("canary-subject", "canary-text", None, ["canary@example.net"])
    post_office.deliver()
    engine = [
        r.getMessage() for r in caplog.records if not r.name.startswith(("django.db", "mail.log"))
    ]
    assert not [line for line in engine if "canary" in line]


@pytest.mark.no_db
def test_links_lead_back_to_whom_they_were_made_for():
    assert read_unsubscribe(unsubscribe_url(1, 2, 3).rpartition("/")[2]) == (1, 2, 3)
    assert read_preferences(preferences_url("acme", 1, 2).split("/")[-2]) == (1, 2, 0)
    local = bounce_address(10**12).partition("@")[0]
    assert len(local) <= 64
    assert read_local("bounce", local.removeprefix("b+").upper()) == 10**12
    for purpose in ("leave", "bounce"):
        with pytest.raises(BadToken):
            read_local(purpose, local.removeprefix("b+")[:-2] + "aa")
    with pytest.raises(BadToken):
        read_local("leave", local.removeprefix("b+"))
