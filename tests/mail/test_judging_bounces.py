"""What a report does: to the contact, to the numbers, to the site's risk; and what it does not."""

from datetime import timedelta

import pytest
from django.core.mail import EmailMessage
from django.utils import timezone

from comm100.core.tenancy import working_for
from mail import tasks
from mail.models import Bounce, InboundMail, MailDay, SoftBounces, Suppression
from newsletter.models import Departure
from tests.mail.coming import complaint, report
from tests.mail.conftest import add_contacts, fresh
from tests.newsletter.conftest import list_with
from visitors.operations.erasing import ask_erasure

CAT = "cat@acme-customers.example"
Reason = Suppression.Reason


def reasons(house):
    with working_for(house.site.pk):
        return [row.reason for row in Suppression.objects.all()]


def today(house):
    with working_for(house.site.pk):
        return MailDay.objects.get()


def test_an_unknown_address_gets_nothing_more_and_the_report_is_kept(acme, letter, comes_back):
    words = "550 5.1.1 <cat@acme-customers.example>: Recipient address rejected: User unknown"
    for _ in range(2):
        comes_back(letter.envelope_from, report(CAT, words=words))
    assert reasons(acme) == [Reason.HARD_BOUNCE]
    with working_for(acme.site.pk):
        bounce = Bounce.objects.get()
        assert (bounce.kind, bounce.reason, bounce.words) == (
            Bounce.Kind.HARD,
            "user_unknown",
            words,
        )
    assert today(acme).hard == 1
    mailing = fresh(letter.mailing)
    assert (mailing.sent, mailing.failed, mailing.bounced) == (0, 1, 1)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.7.1", "550 5.7.1 Service unavailable; client host blocked using Spamhaus"),
        ("5.7.26", "550 5.7.26 this mail is unauthenticated, DMARC policy"),
        ("5.7.1", "554 5.7.1 message rejected as spam"),
    ],
)
def test_a_refusal_of_us_raises_the_sites_risk_and_spares_the_contact(
    acme, letter, comes_back, status, words
):
    comes_back(letter.envelope_from, report(CAT, status=status, words=words))
    assert reasons(acme) == []
    assert (today(acme).ours, today(acme).hard, today(acme).soft) == (1, 0, 0)


def soft(number):
    return report(CAT, status="5.2.2", words=f"552 5.2.2 mailbox full {number}")


def test_five_days_of_soft_bounces_suppress_newsletters_only(
    acme, letter, comes_back, start, post_office
):
    for number in range(5):
        with working_for(acme.site.pk):
            SoftBounces.objects.update(last_on=timezone.now().date() - timedelta(days=1))
            Bounce.objects.all().delete()
        assert reasons(acme) == []
        comes_back(letter.envelope_from, soft(number))
    assert reasons(acme) == [Reason.SOFT_BOUNCE]


def test_soft_bounces_count_once_a_day_and_are_forgiven(acme, letter, comes_back):
    for number in range(6):
        with working_for(acme.site.pk):
            Bounce.objects.all().delete()
        comes_back(letter.envelope_from, soft(number))
    with working_for(acme.site.pk):
        kept = SoftBounces.objects.get()
        assert kept.points == 1
        assert kept.points_on(timezone.now().date() + timedelta(days=59)) == 1
        assert kept.points_on(timezone.now().date() + timedelta(days=60)) == 0
    assert reasons(acme) == []


def test_a_delay_is_no_bounce(acme, letter, comes_back):
    comes_back(
        letter.envelope_from, report(CAT, action="delayed", status="4.4.1", words="421 busy")
    )
    with working_for(acme.site.pk):
        assert not Bounce.objects.exists()
        assert not InboundMail.objects.exists()


def test_a_complaint_suppresses_and_counts_at_the_campaign(acme, letter, comes_back):
    list_with(acme, CAT)
    head = letter.raw.partition(b"\r\n\r\n")[0].decode()
    comes_back("fbl@mail.localhost", complaint(head + "\r\n"))
    assert reasons(acme) == [Reason.COMPLAINT]
    assert (fresh(letter.mailing).complained, today(acme).complained) == (1, 1)
    with working_for(acme.site.pk):
        assert Departure.objects.get().how == Departure.How.COMPLAINT


def test_a_report_without_our_envelope_is_found_by_what_is_signed_inside(acme, letter, comes_back):
    head = f"List-Unsubscribe: {letter.message['List-Unsubscribe']}\r\n"
    comes_back("bounces@mail.localhost", report(CAT, headers=head))
    assert reasons(acme) == [Reason.HARD_BOUNCE]


def test_a_message_id_and_the_address_find_the_copy_but_prove_nothing(acme, letter, comes_back):
    head = f"Message-ID: {letter.message['Message-ID']}\r\nSubject: x\r\n"
    comes_back("bounces@mail.localhost", report(CAT, headers=head))
    assert reasons(acme) == []  # every reader knows such ids: it counts as soft
    with working_for(acme.site.pk):
        assert Bounce.objects.get().kind == Bounce.Kind.SOFT


def test_a_message_id_with_another_address_is_nobodys(company, acme, letter, comes_back):
    head = f"Message-ID: {letter.message['Message-ID']}\r\n"
    comes_back("bounces@mail.localhost", report("eve@example.net", headers=head))
    with working_for(company.pk):
        assert InboundMail.objects.get().state == InboundMail.State.STRAY
    with working_for(acme.site.pk):
        assert not Bounce.objects.exists()


def test_a_stray_is_read_again_every_night(company, acme, letter, comes_back, monkeypatch):
    head = f"List-Unsubscribe: {letter.message['List-Unsubscribe']}\r\n"
    with monkeypatch.context() as patch:
        patch.setattr("mail.finding.find_row", lambda *_: None)  # what reads has not learned yet
        comes_back("bounces@mail.localhost", report(CAT, headers=head))
    assert reasons(acme) == []
    tasks.read_strays_again()
    assert reasons(acme) == [Reason.HARD_BOUNCE]


def test_a_letter_to_an_operator_that_bounces_is_not_repeated(acme, post_office, comes_back):
    with working_for(acme.site.pk):
        EmailMessage("Hello", "You are invited", to=["gone@example.net"]).send()
    (sent,) = post_office.deliver()
    comes_back(sent.envelope_from, report("gone@example.net"))
    assert reasons(acme) == [Reason.HARD_BOUNCE]


def test_several_recipients_in_one_report_each_get_their_due(acme, post_office, start, comes_back):
    add_contacts(acme, "bob@example.net")
    start(acme)
    letters = {one.envelope_to: one for one in post_office.deliver()}
    one = report(CAT).decode()
    block = "Final-Recipient: rfc822; bob@example.net\r\nAction: failed\r\nStatus: 5.2.2\r\n"
    two = one.replace("no such user\r\n", f"no such user\r\n\r\n{block}", 1)
    comes_back(letters[CAT].envelope_from, two.encode())
    assert reasons(acme) == [Reason.HARD_BOUNCE]
    comes_back(letters["bob@example.net"].envelope_from, two.encode())
    with working_for(acme.site.pk):
        kinds = {b.row.address: b.kind for b in Bounce.objects.select_related("row")}
    assert kinds == {CAT: Bounce.Kind.HARD, "bob@example.net": Bounce.Kind.SOFT}


def test_what_a_server_says_at_once_is_kept_like_what_it_says_later(acme, post_office, start):
    post_office.refuse(CAT, "550 5.1.1 no such user here")
    start(acme)
    post_office.deliver()
    with working_for(acme.site.pk):
        bounce = Bounce.objects.get()
    assert (bounce.reason, bounce.kind) == ("user_unknown", Bounce.Kind.HARD)
    assert today(acme).hard == 1


@pytest.mark.parametrize(
    "raw", [b"\x00\xff\xfe" * 50, b"Subject: " + b"\xff" * 20_000, b"\r\n\r\n"]
)
def test_no_bytes_stop_the_router(acme, letter, comes_back, raw):
    comes_back(letter.envelope_from, raw)
    comes_back(letter.envelope_from, report(CAT))
    assert reasons(acme) == [Reason.HARD_BOUNCE]


def test_a_mistake_of_ours_loses_no_mail_it_waits_in_quarantine(
    acme, letter, comes_back, monkeypatch, sign_in
):
    monkeypatch.setattr("mail.operations.arriving.bounce", lambda *_: 1 / 0)
    comes_back(letter.envelope_from, report(CAT))
    monkeypatch.undo()
    page = sign_in(acme.reader).get(acme.url("mail/quarantine/"))
    assert "Undelivered Mail" in page.content.decode()
    source = sign_in(acme.reader).get(acme.url("mail/quarantine/1/")).content.decode()
    assert "no such user" in source
    sign_in(acme.editor).post(acme.url("mail/quarantine/1/replay/"))
    assert reasons(acme) == [Reason.HARD_BOUNCE]
    assert sign_in(acme.reader).get(acme.url("mail/quarantine/1/")).status_code == 404


def test_who_is_removed_is_forgotten_in_what_came_back(acme, letter, comes_back):
    comes_back(letter.envelope_from, report(CAT))
    with working_for(acme.site.pk):
        ask_erasure(acme.customer, by=acme.owner, tell=False)
    with working_for(acme.site.pk):
        assert [b.words for b in Bounce.objects.all()] == [""]
        assert not SoftBounces.objects.exists()
