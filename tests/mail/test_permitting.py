"""What must hold for a mail to leave: approval, state, standing, suppression."""

import pytest
from django.core import mail as django_mail
from django.core.mail import BadHeaderError, EmailMessage

from comm100.core.tenancy import working_for
from mail import operations
from mail.claims import claim
from mail.models import Lane, Mailing, Outbox, Suppression
from tests.mail.conftest import add_contacts, content, fresh
from visitors.models import Contact
from visitors.operations.erasing import ask_erasure

Reason = Suppression.Reason


def resume(house, mailing):
    with working_for(house.site.pk):
        operations.resume_mailing(mailing)


def held(house, start, **changes):
    """A mailing with rows in the outbox, held before the first left."""
    mailing = start(house, fill=False, **changes)
    with working_for(house.site.pk):
        operations.fill_chunk(mailing, Contact.objects.all())
        operations.hold_mailing(mailing, reason="test")
    return mailing


@pytest.mark.policy("P9.4")
def test_nothing_leaves_under_a_hash_that_was_not_approved(acme, post_office, start):
    mailing = held(acme, start)
    with working_for(acme.site.pk):
        changed = bytes(Mailing.objects.get(pk=mailing.pk).content).replace(b"News", b"Spam")
        Mailing.objects.filter(pk=mailing.pk).update(content=changed)
    resume(acme, mailing)
    assert post_office.deliver() == []
    with working_for(acme.site.pk), pytest.raises(operations.ContentChanged):
        operations.approve_mailing(mailing, content_hash=mailing.content_hash)


def test_what_was_not_approved_cannot_be_started(acme):
    with working_for(acme.site.pk):
        mailing = operations.freeze(content())
        with pytest.raises(operations.ContentChanged):
            operations.start_mailing(mailing)


def test_starting_and_filling_twice_sends_once(acme, post_office, start):
    mailing = start(acme)
    with working_for(acme.site.pk):
        assert not operations.start_mailing(mailing)
        assert operations.fill_chunk(mailing, Contact.objects.all())
    post_office.deliver()
    post_office.deliver()
    assert len(post_office.letters) == 1


def test_the_same_address_in_an_audience_twice_gets_one(acme, post_office, start):
    mailing = start(acme, fill=False)
    with working_for(acme.site.pk):
        doubled = Contact.objects.extra(tables=["accounts_site"])  # two sites: each contact twice
        assert doubled.count() == 2
        operations.fill_chunk(mailing, doubled)
    post_office.deliver()
    assert (fresh(mailing).total, len(post_office.letters)) == (1, 1)


@pytest.mark.policy("P7.1", "P7.2")
def test_unsubscribing_after_the_outbox_was_filled_still_acts(acme, post_office, start):
    bob, _ = add_contacts(acme, "bob@example.net", "eve@example.net")
    mailing = held(acme, start)
    with working_for(acme.site.pk):
        operations.suppress(bob, reason=Reason.UNSUBSCRIBED)
    resume(acme, mailing)
    post_office.deliver()
    assert post_office.to("bob@example.net") == []
    assert len(post_office.letters) == 2
    mailing = fresh(mailing)
    assert (mailing.state, mailing.sent, mailing.suppressed) == (Mailing.State.DONE, 2, 1)


def test_who_is_suppressed_before_is_counted_and_gets_no_row(acme, post_office, start):
    with working_for(acme.site.pk):
        operations.suppress(acme.customer, reason=Reason.COMPLAINT)
    mailing = fresh(start(acme))
    assert (mailing.total, mailing.suppressed, mailing.state) == (1, 1, Mailing.State.DONE)
    assert post_office.letters == []


def test_holding_acts_within_a_batch(acme, post_office, start):
    mailing = held(acme, start)
    assert claim(Lane.MARKETING).found == 0
    resume(acme, mailing)
    assert len(post_office.deliver()) == 1


def test_a_suspended_site_sends_no_marketing(acme, post_office, start):
    mailing = held(acme, start)
    acme.site.standing = acme.site.Standing.SUSPENDED
    acme.site.save()
    resume(acme, mailing)
    assert post_office.deliver() == []


def test_more_recipients_than_approved_are_held(acme, post_office, start):
    add_contacts(acme, "bob@example.net")
    mailing = fresh(start(acme, recipient_cap=1))
    assert mailing.state == Mailing.State.HELD
    assert post_office.deliver() == []
    with working_for(acme.site.pk), pytest.raises(operations.OverCap):
        operations.resume_mailing(mailing)


def test_a_cancelled_mailing_adds_up(acme, post_office, start):
    add_contacts(acme, "bob@example.net")
    mailing = held(acme, start)
    with working_for(acme.site.pk):
        assert operations.cancel_mailing(mailing)
        assert not operations.cancel_mailing(mailing)
    assert post_office.deliver() == []
    mailing = fresh(mailing)
    assert (mailing.cancelled, mailing.settled, mailing.total) == (2, 2, 2)


def test_filling_goes_on_in_chunks_from_its_watermark(acme, post_office, start):
    add_contacts(acme, *(f"p{n}@example.net" for n in range(6)))
    mailing = fresh(start(acme, size=2))
    assert mailing.total == 7
    post_office.deliver()
    assert len(post_office.letters) == 7


@pytest.mark.policy("P7.4", "P3.2")
def test_transactional_mail_arrives_where_marketing_may_not(acme, post_office, start):
    with working_for(acme.site.pk):
        operations.suppress(acme.customer, reason=Reason.UNSUBSCRIBED)
        EmailMessage("Your password", "Here", to=[acme.customer.email]).send()
    start(acme)
    post_office.deliver()
    assert [letter.subject for letter in post_office.letters] == ["Your password"]


def test_an_address_that_does_not_exist_stops_both_lanes(acme, post_office):
    with working_for(acme.site.pk):
        operations.suppress(acme.customer, reason=Reason.HARD_BOUNCE)
        EmailMessage("Your password", "Here", to=[acme.customer.email]).send()
    assert post_office.deliver() == []
    with working_for(acme.site.pk):
        assert Outbox.objects.get().state == Outbox.State.SUPPRESSED


def test_who_may_get_mail_again_gets_it(acme, post_office, start):
    with working_for(acme.site.pk):
        operations.suppress(acme.customer, reason=Reason.UNSUBSCRIBED)
        assert operations.unsuppress(acme.customer)
        assert not operations.unsuppress(acme.customer)
    start(acme)
    post_office.deliver()
    assert len(post_office.letters) == 1


def test_unsubscribing_counts_once_at_its_mailing(acme, post_office, start):
    mailing = start(acme)
    with working_for(acme.site.pk):
        assert operations.suppress(acme.customer, reason=Reason.UNSUBSCRIBED, mailing=mailing)
        assert not operations.suppress(acme.customer, reason=Reason.UNSUBSCRIBED, mailing=mailing)
    assert fresh(mailing).unsubscribed == 1


def test_a_contact_who_is_removed_gets_nothing_and_leaves_no_address(acme, post_office, start):
    with working_for(acme.site.pk):
        EmailMessage("Your password", "Here", to=[acme.customer.email]).send()
    (bob,) = add_contacts(acme, "bob@example.net")
    mailing = held(acme, start)
    with working_for(acme.site.pk):
        ask_erasure(acme.customer, by=acme.owner, tell=False)
        ask_erasure(bob, by=acme.owner, tell=False)
    resume(acme, mailing)
    post_office.deliver()
    assert [letter.subject for letter in post_office.letters] == ["Your password"]
    mailing = fresh(mailing)
    assert (mailing.suppressed, mailing.state) == (2, Mailing.State.DONE)
    with working_for(acme.site.pk):
        assert [row.address for row in Outbox.objects.all()] == ["", "", ""]


@pytest.mark.parametrize(
    "bad",
    [
        {"subject": "a\r\nBcc: eve@evil.example"},
        {"sender_name": "a\nb"},
        {"sender_email": "nobody"},
        {"reply_to": "löwe@example.net"},
    ],
)
def test_a_content_that_could_break_a_header_is_refused(acme, bad):
    with working_for(acme.site.pk), pytest.raises(operations.ContentRefused):
        operations.freeze(content(**bad))


def test_a_line_break_in_a_header_of_any_mail_is_refused(acme):
    with working_for(acme.site.pk), pytest.raises(BadHeaderError):
        django_mail.send_mail("a\r\nBcc: eve@evil.example", "x", None, ["bob@example.net"])
    with working_for(acme.site.pk):
        assert Outbox.objects.count() == 0
