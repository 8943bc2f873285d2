"""A large audience becomes rows of the outbox by several hands, each on a connection of its own."""

import threading

import pytest

from comm100.core.tenancy import working_for
from mail import operations
from mail.models import Mailing, Outbox
from mail.operations import filling
from tests.mail.conftest import add_contacts, fresh
from visitors.models import Contact

SIZE = 3


@pytest.fixture
def crowd(acme):
    """Eight chunks of people, and one more."""
    return [
        acme.customer,
        *add_contacts(acme, *(f"r{at:02}@crowd.example" for at in range(8 * SIZE))),
    ]


@pytest.fixture(autouse=True)
def nobody_delivers(monkeypatch):
    monkeypatch.setattr("mail.tasks.deliver_marketing.delay", lambda: None)


def fill(mailing, **changes):
    with working_for(mailing.site_id):
        everybody = Contact.objects.all()
    return operations.fill(mailing, everybody, **({"size": SIZE} | changes))


def rows(mailing):
    with working_for(mailing.site_id):
        return [*Outbox.objects.order_by("contact_id").values_list("contact_id", "mailing_id")]


def each_once(crowd, mailing):
    after = fresh(mailing)
    assert rows(mailing) == [(contact.pk, mailing.pk) for contact in crowd]
    assert (after.state, after.total) == (Mailing.State.OPEN, len(crowd))
    return True


def in_a_thread(work):
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()


def later_first(write, then=lambda: None):
    """The second chunk is written when the third was; before that, `then` happens."""
    calls, is_later_written = [], threading.Event()

    def in_turn(*arguments):
        calls.append(1)
        mine = len(calls)
        if mine == 2:
            assert is_later_written.wait(10)
            then()
        written = write(*arguments)
        if mine == 3:
            is_later_written.set()
        return written

    return in_turn


def test_a_large_audience_is_in_the_outbox_once(acme, crowd, start):
    mailing = start(acme, fill=False)
    assert fill(mailing)
    assert each_once(crowd, mailing)
    assert fresh(mailing).watermark == crowd[-1].pk


def test_what_does_not_fit_into_the_time_is_filled_by_the_next(acme, crowd, start):
    mailing = start(acme, fill=False)
    assert not fill(mailing, seconds=0)
    assert len(rows(mailing)) == SIZE
    assert fill(mailing)
    assert each_once(crowd, mailing)


def test_inside_a_transaction_one_hand_does_it_all(acme, crowd, start):
    mailing = start(acme, fill=False)
    with working_for(acme.site.pk):
        assert fill(mailing)
    assert each_once(crowd, mailing)


def test_two_who_fill_the_same_write_nobody_twice(acme, crowd, start):
    mailing = start(acme, fill=False)
    threads = [threading.Thread(target=lambda: fill(mailing)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    while not fill(mailing):
        pass
    assert each_once(crowd, mailing)


def test_what_is_cancelled_meanwhile_gets_no_more_rows(acme, crowd, start, monkeypatch):
    mailing = start(acme, fill=False)
    stage, staged = filling._stage, []

    def cancel_at_the_second(*arguments, **named):
        staged.append(1)
        if len(staged) == 2:
            in_a_thread(cancel)
        return stage(*arguments, **named)

    def cancel():
        with working_for(acme.site.pk):
            operations.cancel_mailing(mailing)

    monkeypatch.setattr(filling, "_stage", cancel_at_the_second)
    assert fill(mailing)
    after = fresh(mailing)
    assert (after.state, after.total, len(rows(mailing))) == (Mailing.State.CANCELLED, SIZE, SIZE)


def test_a_hand_that_fails_leaves_no_gap(acme, crowd, start, monkeypatch):
    """The chunk after it was written already; it goes back too, and both come again."""
    mailing = start(acme, fill=False)

    def pull_the_cable():
        raise OSError("the cable was pulled")

    with monkeypatch.context() as patched:
        patched.setattr(filling, "_write", later_first(filling._write, pull_the_cable))
        with pytest.raises(OSError, match="cable"):
            fill(mailing)
    assert len(rows(mailing)) == SIZE
    assert fill(mailing)
    assert each_once(crowd, mailing)


def test_two_chunks_that_wait_for_each_other_end_without_anybody_twice(
    acme, crowd, start, monkeypatch
):
    """The same address in two chunks at once: its contact was made anew between their looks."""
    mailing = start(acme, fill=False)
    twice, again = crowd[SIZE], crowd[2 * SIZE]
    with working_for(acme.site.pk):
        Contact.objects.filter(pk=again.pk).update(email_hash=twice.email_hash)
    with monkeypatch.context() as patched:
        patched.setattr(filling, "_write", later_first(filling._write))
        fill(mailing)
    while not fill(mailing):
        pass
    assert each_once([contact for contact in crowd if contact is not again], mailing)
