"""How fast a newsletter leaves, beside the plain Django way to the same server in the same run.

Keys: mails_per_second (from start to the last mail: filling the outbox, both workers, SMTP),
baseline_mails_per_second (EmailMultiAlternatives over Django's SMTP backend in a loop, on one
kept connection, half before and half after), ratio; fill_seconds; password_mail_seconds_max: the
longest that a password mail took to the server meanwhile. Every recipient is counted there.
"""

import time
from typing import Any

from django.core.mail import get_connection

from bench import note, running
from bench.posting import (
    HTML,
    TEXT,
    PasswordMails,
    SinkProcess,
    content,
    fill,
    plain_way,
    sink,
    some_contacts,
    started,
    wait_until_done,
)
from bench.world import build_site
from visitors.models import Contact


def run(quick: bool) -> dict[str, Any]:
    count, plain_count = (2_000, 300) if quick else (20_000, 2_000)
    _, site = build_site("sender", count)
    with sink() as server:
        before = _plain(server, site.pk, plain_count // 2)
        note(f"the plain way: {plain_count / 2 / before:.0f} mails/s")
        with running("worker-transactional", "worker-marketing", SMTP_URL=server.url):
            facts = _our_way(server, site.pk, count)
        after = _plain(server, site.pk, plain_count // 2)  # the machine may have other work
    plain = plain_count / (before + after)
    rate = count / facts.pop("seconds")
    return {
        "mails_per_second": round(rate, 1),
        "baseline_mails_per_second": round(plain, 1),
        "ratio": round(rate / plain, 2),
        "recipients": count,
        "bytes_of_a_mail": len(HTML) + len(TEXT),
        **facts,
    }


def _plain(server: SinkProcess, site_id: int, count: int) -> float:
    backend = "django.core.mail.backends.smtp.EmailBackend"
    connection = get_connection(backend, host=server.host, port=server.port)
    contacts = some_contacts(site_id, count)
    connection.open()
    seconds = plain_way(contacts, lambda mail: connection.send_messages([mail]))
    connection.close()
    return seconds


def _our_way(server: SinkProcess, site_id: int, count: int) -> dict[str, Any]:
    seen = len(server.arrivals())
    with PasswordMails(server) as passwords:
        begun = time.time()
        mailing = started(site_id, content())
        filled = fill(mailing, Contact.objects.all)
        wait_until_done(mailing)
    waits = passwords.waits()
    return {
        "seconds": server.prove(count, since=seen) - begun,
        "fill_seconds": round(filled, 2),
        "password_mail_seconds_max": round(waits[-1], 3),
    }
