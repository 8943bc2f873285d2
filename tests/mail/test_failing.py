"""When servers refuse, hang, hang up, and when workers die."""

import socket
import threading
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.db import connections
from django.template import Context, Template

from comm100.core import events
from comm100.core.tenancy import working_for
from comm100.embedded.valkey import free_port
from mail import operations, tasks
from mail.claims import claim, complete
from mail.events import MailBounced, MailingFinished
from mail.kept import hang_up
from mail.models import Lane, Mailing, Outbox, Relay, Suppression
from mail.outcomes import Outcome, is_gone, try_again
from mail.statements import statement
from tests.mail.conftest import add_contacts, fresh

State = Outbox.State


def rows(house):
    with working_for(house.site.pk):
        return {row.address: row for row in Outbox.objects.all()}


def as_post(sql):
    with connections["post"].cursor() as cursor:
        cursor.execute(sql)


def past(interval="1 hour"):
    """Time goes by: leases run out, waits end, the mail server has rested."""
    as_post(f"UPDATE mail_outbox SET lease_until = lease_until - interval '{interval}'")
    as_post(f"UPDATE mail_outbox SET not_before = not_before - interval '{interval}'")
    as_post("UPDATE mail_relay SET resting_until = NULL")


@pytest.fixture
def told(monkeypatch):
    """Every event of the engine, as a reaction would get it."""
    heard: list[Any] = []
    for kind in (MailBounced, MailingFinished):
        monkeypatch.setitem(events._after, kind, [*events._after[kind], heard.append])
    return heard


def write(house, address="bob@example.net", subject="Your password"):
    with working_for(house.site.pk):
        EmailMessage(subject, "Here it is", to=[address]).send()


@pytest.mark.parametrize("extensions", [["PIPELINING"], []], ids=["pipelined", "one by one"])
def test_one_refusal_does_not_touch_its_neighbours(acme, post_office, start, extensions, told):
    hang_up(Lane.MARKETING)
    post_office.extensions = extensions
    add_contacts(acme, *(f"p{n}@example.net" for n in range(6)))
    post_office.refuse("p1@example.net", "550 5.1.1 no such user")
    post_office.refuse("p2@example.net", "550 5.7.1 blocked as spam")
    post_office.refuse("p4@example.net", "451 4.7.1 greylisted")
    mailing = fresh(start(acme))
    hang_up(Lane.MARKETING)
    post_office.extensions = ["PIPELINING"]

    by_address = rows(acme)
    assert by_address["p1@example.net"].state == State.FAILED
    assert by_address["p1@example.net"].smtp_reply == "5.1.1 no such user"
    assert by_address["p2@example.net"].state == State.FAILED
    assert by_address["p4@example.net"].state == State.RETRY
    assert len(post_office.letters) == 4
    assert (mailing.sent, mailing.failed, mailing.bounced) == (4, 2, 2)
    assert {(e.smtp_code, e.gone) for e in told if isinstance(e, MailBounced)} == {
        (550, True),
        (550, False),
    }
    with working_for(acme.site.pk):
        (gone,) = Suppression.objects.all()
    assert (gone.reason, gone.contact_id) == (
        Suppression.Reason.HARD_BOUNCE,
        by_address["p1@example.net"].contact_id,
    )

    post_office.refusals.clear()
    past()
    post_office.deliver()
    mailing = fresh(mailing)
    assert (mailing.sent, mailing.state) == (5, Mailing.State.DONE)
    assert [e.mailing_id for e in told if isinstance(e, MailingFinished)] == [mailing.pk]


def test_a_server_that_closes_is_called_again(acme, post_office, start):
    add_contacts(acme, "bob@example.net", "eve@example.net")
    post_office.content_replies = ["250 ok", "421 4.3.2 too many, come back"]
    mailing = start(acme)
    states = sorted(row.state for row in rows(acme).values())
    assert states == [State.SENT, State.SENT, State.RETRY]
    past()
    post_office.deliver()
    assert fresh(mailing).sent == 3


def test_content_that_is_refused_fails_without_punishing_the_contact(acme, post_office, start):
    post_office.content_replies = ["554 5.7.1 looks like spam"]
    mailing = fresh(start(acme))
    assert (mailing.failed, mailing.bounced) == (1, 0)
    with working_for(acme.site.pk):
        assert Suppression.objects.count() == 0


def test_a_dead_server_is_waited_for_and_nothing_is_lost(acme, post_office, settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}/"
    write(acme)
    (row,) = rows(acme).values()
    assert (row.state, row.attempts) == (State.READY, 0)
    relay = Relay.objects.get()
    assert "refused" in relay.problem.lower()
    assert relay.failing_since
    assert claim(Lane.TRANSACTIONAL).found == 0  # resting

    settings.SMTP_URL = post_office.url
    past()
    assert len(post_office.deliver()) == 1


@contextmanager
def odd_server(talk):
    """A server that says the lines of `talk`, one to each line it reads; None: silence."""
    listener = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def serve():
        connection, _ = listener.accept()
        lines = connection.makefile("rb")
        for reply in talk:
            if reply is None:
                stop.wait(5)
                break
            connection.sendall(reply)
            line = lines.readline()
            if line == b"DATA\r\n":
                connection.sendall(b"354 go\r\n")
                while line not in {b".\r\n", b""}:
                    line = lines.readline()
        connection.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield f"smtp://127.0.0.1:{listener.getsockname()[1]}/?timeout=0.5"
    stop.set()
    thread.join(6)
    listener.close()


UNTIL_DATA = [b"220 hi\r\n", b"250 odd\r\n", b"250 sender\r\n", b"250 recipient\r\n"]


@pytest.mark.parametrize("end", [[], [None]], ids=["drops", "hangs"])
def test_no_answer_after_data_leaves_marketing_unknown(acme, post_office, start, settings, end):
    with odd_server([*UNTIL_DATA, *end]) as settings.SMTP_URL:
        mailing = start(acme)
    mailing = fresh(mailing)
    assert (mailing.unknown, mailing.sent) == (1, 0)

    settings.SMTP_URL = post_office.url
    past()
    assert post_office.deliver() == []  # never again on its own
    with working_for(acme.site.pk):
        assert operations.resend_unknown(mailing) == 1
    post_office.deliver()
    mailing = fresh(mailing)
    assert (mailing.unknown, mailing.sent, mailing.state) == (0, 1, Mailing.State.DONE)
    assert len(post_office.letters) == 1


def test_no_answer_after_data_sends_transactional_mail_again_as_the_same_message(
    acme, post_office, settings
):
    with odd_server(UNTIL_DATA) as settings.SMTP_URL:
        write(acme)
    (row,) = rows(acme).values()
    assert row.state == State.RETRY
    settings.SMTP_URL = post_office.url
    past()
    (letter,) = post_office.deliver()
    assert letter.message["Message-ID"] == row.message_id


def test_a_server_that_hangs_before_data_has_not_got_the_mail(acme, post_office, settings):
    with odd_server([*UNTIL_DATA[:2], None]) as settings.SMTP_URL:
        write(acme)
    (row,) = rows(acme).values()
    assert row.state == State.RETRY


def test_a_server_that_wants_a_sign_in_is_no_fault_of_the_mail(acme, settings):
    with odd_server([*UNTIL_DATA[:2], b"530 5.7.0 authenticate first\r\n"]) as settings.SMTP_URL:
        write(acme)
    (row,) = rows(acme).values()
    assert row.state == State.READY
    assert "530" in Relay.objects.get().problem


@pytest.fixture
def dead_worker(acme, post_office, start, settings):
    """A worker that put two of three in flight, and was killed."""
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}/"
    add_contacts(acme, "bob@example.net", "eve@example.net")
    mailing = start(acme)
    past()
    batch = claim(Lane.MARKETING, limit=2)
    assert len(batch.rows) == 2
    settings.SMTP_URL = post_office.url
    return mailing, batch


def test_a_killed_worker_leaves_nothing_lost_and_nothing_twice(acme, post_office, dead_worker):
    mailing, _ = dead_worker
    post_office.deliver()
    assert len(post_office.letters) == 1  # the others are still under lease
    past()
    tasks.sweep()
    post_office.deliver()
    mailing = fresh(mailing)
    assert (mailing.sent, mailing.unknown, mailing.total) == (1, 2, 3)
    assert mailing.state == Mailing.State.DONE
    assert len(post_office.letters) == 1


def test_a_worker_that_comes_back_late_is_fenced_off(acme, post_office, dead_worker):
    mailing, batch = dead_worker
    past()
    tasks.sweep()
    complete(batch.token, [Outcome(row.id, State.SENT, 250, "late") for row in batch.rows])
    assert (fresh(mailing).sent, fresh(mailing).unknown) == (0, 2)


def test_a_killed_worker_sends_transactional_mail_again(acme, post_office, settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}/"
    write(acme)
    past()
    batch = claim(Lane.TRANSACTIONAL)
    settings.SMTP_URL = post_office.url
    past()
    tasks.sweep()
    (letter,) = post_office.deliver()
    assert letter.message["Message-ID"] == batch.rows[0].message_id


def test_a_campaigns_page_says_that_it_waits_for_the_server(acme):
    page = Template("{% load relay %}{% waiting_for_server %}")
    assert "Waiting for the mail server" not in page.render(Context())
    with connections["post"].cursor() as cursor:
        cursor.execute(statement("relay_fails"), {"name": "mx:25", "problem": "refused"})
    assert "Waiting for the mail server" in page.render(Context())


def test_two_workers_never_share_a_row(acme, post_office, start, settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}/"
    add_contacts(acme, *(f"p{n}@example.net" for n in range(9)))
    start(acme)
    past()
    one, two = claim(Lane.MARKETING, limit=5), claim(Lane.MARKETING, limit=50)
    assert (len(one.rows), len(two.rows)) == (5, 5)
    assert not {row.id for row in one.rows} & {row.id for row in two.rows}


def test_sites_take_turns(acme, rival, post_office, start, settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}/"
    for house in (acme, rival):
        add_contacts(house, *(f"p{n}@example.net" for n in range(5)))
        start(house)
    past()
    turns = [claim(Lane.MARKETING, limit=2).rows[0].site_id for _ in range(4)]
    assert turns in ([acme.site.pk, rival.site.pk] * 2, [rival.site.pk, acme.site.pk] * 2)


def test_a_password_mail_leaves_while_marketing_is_full(acme, post_office, start, settings):
    settings.SMTP_URL = f"smtp://127.0.0.1:{free_port()}/"
    add_contacts(acme, *(f"p{n}@example.net" for n in range(30)))
    start(acme)
    settings.SMTP_URL = post_office.url
    past()
    write(acme)
    assert [letter.subject for letter in post_office.letters] == ["Your password"]


def test_an_address_that_no_server_takes_fails_and_says_why(acme, post_office, start):
    with working_for(acme.site.pk):
        acme.customer.email = "two words@example.net"
        acme.customer.save()
    add_contacts(acme, "bob@example.net")
    mailing = fresh(start(acme))
    assert (mailing.sent, mailing.failed) == (1, 1)
    assert rows(acme)["two words@example.net"].smtp_reply == "This is not a mail address."


def test_letters_outside_ascii_in_an_address_need_a_server_that_takes_them(acme, post_office):
    write(acme, "löwe@exämple.net")
    assert [letter.envelope_to for letter in post_office.letters] == ["löwe@xn--exmple-cua.net"]


@pytest.mark.no_db
def test_waits_grow_and_end_after_two_days():
    first, later = try_again(1, 1, 451, "4.7.1 grey"), try_again(1, 6, 451, "4.7.1 grey")
    assert 200 < first.wait < 400
    assert later.wait > 3600
    assert try_again(1, 30, 451, "4.7.1 grey").state == State.FAILED


@pytest.mark.no_db
@pytest.mark.parametrize(
    ("code", "reply", "gone"),
    [
        (550, "5.1.1 The email account does not exist", True),
        (550, "No such user here", True),
        (553, "5.1.3 bad address syntax", True),
        (550, "5.7.1 message rejected", False),
        (550, "Blocked by Spamhaus", False),
        (554, "no", False),
        (552, "5.2.2 mailbox full", False),
    ],
)
def test_only_an_unknown_address_is_gone(code, reply, gone):
    assert is_gone(code, reply) is gone
