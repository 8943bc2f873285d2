"""The door itself: SMTP, LMTP, HTTP, IMAP; what it refuses, and when the database is away."""

import contextlib
import hashlib
import hmac
import os
import smtplib
import socket
import ssl
import subprocess
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from aiosmtpd.controller import Controller
from django.db import connections

from comm100.core.tenancy import working_for
from comm100.embedded.valkey import free_port
from mail import inbound, keeping, polling
from mail.models import InboundMail, Mailbox, Suppression
from tests.mail.coming import report
from tests.mail.imap import serve_mailbox

CAT = "cat@acme-customers.example"


@contextlib.contextmanager
def opened(**facts):
    port = free_port()
    controller: Any = Controller(None, hostname="127.0.0.1", port=port)
    controller.factory = lambda: inbound.listener(**facts)(loop=controller.loop)
    with contextlib.suppress(smtplib.SMTPException):
        controller.start()  # it greets itself by SMTP, which a door of LMTP refuses
    yield port
    controller.stop()


def suppressed(house):
    with working_for(house.site.pk):
        return Suppression.objects.count()


def test_it_announces_its_size_and_refuses_what_is_larger(acme, letter, open_door, monkeypatch):
    with smtplib.SMTP("127.0.0.1", open_door) as smtp:
        smtp.ehlo()
        assert int(smtp.esmtp_features["size"]) == keeping.LARGEST
        assert smtp.docmd(f"MAIL FROM:<> SIZE={keeping.LARGEST + 1}")[0] == 552
        smtp.docmd("MAIL FROM:<>")
        smtp.docmd(f"RCPT TO:<{letter.envelope_from}>")
        assert smtp.data((b"x" * 998 + b"\r\n") * (keeping.LARGEST // 1000 + 1))[0] == 552


def test_too_many_recipients_come_again_later(acme, letter, open_door, monkeypatch):
    monkeypatch.setattr(inbound, "RECIPIENTS", 2)
    with smtplib.SMTP("127.0.0.1", open_door) as smtp:
        smtp.ehlo()
        smtp.docmd("MAIL FROM:<>")
        codes = [smtp.docmd(f"RCPT TO:<{letter.envelope_from}>")[0] for _ in range(3)]
    assert codes == [250, 250, 452]


def test_too_many_connections_are_told_so(open_door, monkeypatch):
    monkeypatch.setattr(inbound, "FROM_ONE_HOST", 2)
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(smtplib.SMTP("127.0.0.1", open_door))
        with pytest.raises(smtplib.SMTPConnectError) as refused:
            smtplib.SMTP("127.0.0.1", open_door)
    assert refused.value.smtp_code == 421


def test_while_the_database_is_away_everything_comes_again_later(acme, letter, open_door):
    """Its sessions are ended and no new one is let in, as when PostgreSQL is stopped."""
    with smtplib.SMTP("127.0.0.1", open_door) as smtp:
        smtp.ehlo()
        with database_away():
            smtp.docmd("MAIL FROM:<>")
            assert smtp.docmd(f"RCPT TO:<{letter.envelope_from}>")[0] == 451
        smtp.docmd("RSET")
        smtp.docmd("MAIL FROM:<>")
        assert smtp.docmd(f"RCPT TO:<{letter.envelope_from}>")[0] == 250
        with database_away():
            assert smtp.data(report(CAT))[0] == 451
        assert suppressed(acme) == 0
        smtp.docmd("RSET")
        smtp.sendmail("", [letter.envelope_from], report(CAT))
    assert suppressed(acme) == 1


@contextlib.contextmanager
def database_away():
    """Nobody reaches the database of this test; roles are everybody's, so they stay as they are."""
    url = urlsplit(os.environ["DATABASE_URL"])
    name, role = url.path.lstrip("/"), connections["post"].settings_dict["USER"]
    administrator = psycopg2.connect(urlunsplit(url._replace(path="/postgres")))
    administrator.autocommit = True
    with administrator.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s "
            "AND usename = %s",
            [name, role],
        )
        yield
        cursor.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    administrator.close()
    connections["post"].close()  # ours of this thread was ended, too


def test_a_mail_that_is_brought_twice_is_kept_once(acme, letter, open_door, monkeypatch):
    monkeypatch.setattr("mail.tasks.route_inbound.delay", lambda _: None)
    raw = report(CAT)
    for _ in range(2):
        with smtplib.SMTP("127.0.0.1", open_door) as smtp:
            smtp.sendmail("", [letter.envelope_from], raw)
    with working_for(acme.site.pk):
        assert InboundMail.objects.count() == 1


def test_lmtp_answers_for_each_recipient(acme, letter):
    with opened(lmtp=True) as port, socket.create_connection(("127.0.0.1", port)) as line:
        lines = line.makefile("rb")

        def say(words):
            line.sendall(words + b"\r\n")
            answer = lines.readline()
            while answer[3:4] == b"-":
                answer = lines.readline()
            return answer[:3]

        lines.readline()
        to = letter.envelope_from.encode()
        told = [say(w) for w in (b"LHLO us", b"MAIL FROM:<>", b"RCPT TO:<%s>" % to)]
        told += [say(b"RCPT TO:<%s>" % to), say(b"DATA"), say(report(CAT) + b".")]
        assert [*told, lines.readline()[:3]] == [b"250"] * 4 + [b"354", b"250", b"250"]
    assert suppressed(acme) == 1


def test_starttls_is_offered_with_a_certificate(acme, letter, settings, tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
         "-keyout", key, "-out", certificate, "-days", "1"],
        check=True, capture_output=True,
    )  # fmt: skip
    settings.INBOUND_CERT, settings.INBOUND_KEY = str(certificate), str(key)
    trusting = ssl.create_default_context(cafile=certificate)
    trusting.check_hostname = False
    with opened() as port, smtplib.SMTP("127.0.0.1", port) as smtp:
        smtp.ehlo()
        assert smtp.starttls(context=trusting)[0] == 220
        smtp.sendmail("", [letter.envelope_from], report(CAT))
    assert suppressed(acme) == 1
    assert not inbound.Listener.open_now


def test_a_provider_hands_mail_in_by_http(acme, letter, settings, client):
    raw, url = report(CAT), "/mail/inbound/"

    url += f"?to={letter.envelope_from.replace('+', '%2B')}"

    def post(body=raw, **headers):
        return client.post(url, body, content_type="message/rfc822", headers=headers)

    settings.INBOUND_SECRET = ""
    assert post().status_code == 404
    settings.INBOUND_SECRET = "secret"
    assert post().status_code == 401
    assert post(Authorization="Bearer wrong").status_code == 401
    assert post(b"", Authorization="Bearer secret").status_code == 400
    assert post(b"x" * (keeping.LARGEST + 1), Authorization="Bearer secret").status_code == 413
    assert suppressed(acme) == 0
    signature = hmac.new(b"secret", raw, hashlib.sha256).hexdigest()
    assert post(**{"X-Signature": f"sha256={signature}"}).status_code == 200
    assert suppressed(acme) == 1


def test_a_mail_handed_in_without_an_envelope_finds_its_way(acme, letter, settings, client):
    settings.INBOUND_SECRET = "secret"
    raw = f"Delivered-To: {letter.envelope_from}\r\n".encode() + report(CAT)
    answer = client.post(
        "/mail/inbound/", raw, content_type="message/rfc822",
        headers={"Authorization": "Bearer secret"},
    )  # fmt: skip
    assert (answer.status_code, suppressed(acme)) == (200, 1)


@pytest.fixture
def mailbox():
    box, server = serve_mailbox()
    yield box
    server.shutdown()
    server.server_close()


def test_a_mailbox_is_read_once_and_marked_afterwards(acme, letter, mailbox, monkeypatch):
    raw = f"X-Original-To: {letter.envelope_from}\r\n".encode() + report(CAT)
    uid = mailbox.put(raw)
    with monkeypatch.context() as patch:
        patch.setattr(polling, "keep", lambda *_: (_ for _ in ()).throw(OSError("no database")))
        polling.poll(mailbox.url)
    assert (mailbox.flags[uid], suppressed(acme)) == (set(), 0)  # not kept, not touched
    assert "no database" in Mailbox.objects.get().problem

    assert polling.poll(mailbox.url) == 1
    assert (mailbox.flags[uid], suppressed(acme)) == ({r"\Seen"}, 1)
    assert Mailbox.objects.get().problem == ""
    assert polling.poll(mailbox.url) == 0


def test_a_mailbox_that_was_rebuilt_brings_nothing_twice(
    company, acme, letter, mailbox, monkeypatch
):
    monkeypatch.setattr("mail.tasks.route_stray.delay", lambda _: None)
    mailbox.put(f"X-Original-To: {letter.envelope_from}\r\n".encode() + report(CAT))
    polling.poll(mailbox.url)
    mailbox.validity += 1
    polling.poll(mailbox.url)
    with working_for(company.pk):
        assert InboundMail.objects.count() == 1


def test_a_mailbox_may_be_emptied_after_the_commit(acme, letter, mailbox):
    mailbox.put(f"X-Original-To: {letter.envelope_from}\r\n".encode() + report(CAT))
    polling.poll(mailbox.url + "?delete=1")
    assert (mailbox.mails, suppressed(acme)) == ({}, 1)


def test_a_mailbox_that_refuses_us_says_so(mailbox):
    polling.poll(mailbox.url.replace("pa%40ss", "wrong"))
    assert "wrong password" in Mailbox.objects.get().problem


def test_what_people_write_to_postmaster_and_abuse_reaches_the_company(
    acme, letter, comes_back, post_office, settings, company
):
    words = b"From: Kim <kim@isp.example>\r\nSubject: Please look\r\n\r\nYour mails loop.\r\n"
    for number, address in enumerate(("Postmaster", f"ABUSE@{settings.MAIL_HOST}")):
        comes_back(address, b"X-Number: %d\r\n" % number + words, sender="kim@isp.example")
    post_office.deliver()
    first, second = post_office.to(settings.COMPANY_EMAIL)
    assert first.subject == second.subject == "To postmaster: Please look"
    assert "Your mails loop." in first.text
    assert first.message["Reply-To"] == "Kim <kim@isp.example>"
    attached = [part.get_filename() for part in first.message.walk() if part.get_filename()]
    assert attached == ["mail.eml"]
    with working_for(company.pk):
        assert not InboundMail.objects.exists()


def test_what_machines_write_to_postmaster_is_handed_to_nobody(
    acme, letter, comes_back, post_office, settings, company
):
    postmaster = f"postmaster@{settings.MAIL_HOST}"
    comes_back(postmaster, report("somebody@elsewhere.example"))
    handed_on = (
        b"From: Kim <kim@isp.example>\r\nSubject: Again\r\nX-Comm100-Forwarded: us\r\n\r\nHm.\r\n"
    )
    comes_back(postmaster, handed_on)
    post_office.deliver()
    assert not post_office.to(settings.COMPANY_EMAIL)
    with working_for(company.pk):
        states = set(InboundMail.objects.values_list("state", flat=True))
    assert states == {InboundMail.State.STRAY}


def test_a_report_about_a_mail_of_ours_is_judged_also_when_it_went_to_postmaster(
    acme, letter, comes_back, settings
):
    headers = f"Message-ID: {letter.message['Message-ID']}\r\nTo: {CAT}"
    comes_back(
        f"postmaster@{settings.MAIL_HOST}",
        report(CAT, headers=f"{headers}\r\nList-Unsubscribe: {letter.message['List-Unsubscribe']}"),
    )
    assert suppressed(acme) == 1
