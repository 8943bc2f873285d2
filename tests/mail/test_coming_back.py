"""What comes back: bounces and unsubscribing by mail, through the door, over SMTP."""

import smtplib

import pytest
from aiosmtpd.controller import Controller

from comm100.core.tenancy import working_for
from comm100.embedded.valkey import free_port
from mail import tasks
from mail.inbound import Door
from mail.models import InboundMail, Mailing, MailingHour, Outbox, Suppression
from tests.mail.conftest import fresh

DSN = """From: mailer-daemon@example.net
To: us
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; cat@example.net
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {words}

--b--
"""


@pytest.fixture(scope="module")
def door():
    port = free_port()
    controller = Controller(Door(), hostname="127.0.0.1", port=port)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def came_back(door):
    def come_back(address, content="Subject: unsubscribe\n\n", sender=""):
        with smtplib.SMTP("127.0.0.1", door) as smtp:
            smtp.sendmail(sender, [address], content)

    return come_back


@pytest.fixture
def letter(acme, post_office, start):
    mailing = start(acme)
    (letter,) = post_office.deliver()
    letter.mailing = mailing
    return letter


def suppressions(house):
    with working_for(house.site.pk):
        assert InboundMail.objects.count() == 0  # routed, and not kept
        return [row.reason for row in Suppression.objects.all()]


@pytest.mark.policy("P7.2")
def test_a_mail_to_the_unsubscribe_address_unsubscribes(acme, letter, came_back):
    mailto = letter.message["List-Unsubscribe"].split("<mailto:")[1].split("?")[0]
    came_back(mailto, sender=acme.customer.email)
    assert suppressions(acme) == [Suppression.Reason.UNSUBSCRIBED]
    assert fresh(letter.mailing).unsubscribed == 1


def test_a_bounce_that_comes_later_suppresses_the_address(acme, letter, came_back):
    report = DSN.format(action="failed", status="5.1.1", words="550 5.1.1 no such user")
    for _ in range(2):
        came_back(letter.envelope_from.upper(), report)
    assert suppressions(acme) == [Suppression.Reason.HARD_BOUNCE]
    mailing = fresh(letter.mailing)
    assert (mailing.sent, mailing.failed, mailing.bounced, mailing.total) == (0, 1, 1, 1)
    with working_for(acme.site.pk):  # what bounced is a part of what failed, in the plot as well
        hour = MailingHour.objects.get(mailing=mailing)
    assert (hour.sent, hour.failed, hour.bounced) == (1, 1, 1)


@pytest.mark.parametrize(
    ("action", "status"), [("delayed", "4.4.1"), ("failed", "5.7.1"), ("delivered", "2.0.0")]
)
def test_a_delay_and_a_refusal_of_us_do_not_punish_the_contact(
    acme, letter, came_back, action, status
):
    came_back(letter.envelope_from, DSN.format(action=action, status=status, words="policy"))
    assert suppressions(acme) == []


@pytest.mark.parametrize(
    "bend",
    [
        lambda address: address.replace("b+", "b+a"),
        lambda address: address.replace("b+", "u+"),
        lambda address: "anybody@" + address.partition("@")[2],
        lambda address: address.partition("@")[0].replace("b+", "r+") + "@other.example",
    ],
)
def test_the_door_takes_nothing_for_other_addresses(acme, letter, came_back, bend):
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        came_back(bend(letter.envelope_from))


def test_what_was_kept_but_not_routed_is_routed_by_the_sweep(acme, letter, came_back, monkeypatch):
    monkeypatch.setattr(tasks.route_inbound, "delay", lambda _: None)
    report = DSN.format(action="failed", status="5.1.1", words="no such user")
    came_back(letter.envelope_from, report)
    monkeypatch.undo()
    with working_for(acme.site.pk):
        assert InboundMail.objects.update(at="2020-01-01T00:00:00Z") == 1
    tasks.sweep()
    assert suppressions(acme) == [Suppression.Reason.HARD_BOUNCE]
    with working_for(acme.site.pk):
        assert Outbox.objects.get().state == Outbox.State.FAILED
        assert Mailing.objects.get().bounced == 1
