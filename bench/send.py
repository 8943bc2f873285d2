"""How fast a newsletter leaves, beside the plain Django way to the same server in the same run.

Keys: mails_per_second (from start to the last mail: filling the outbox, both workers, SMTP),
baseline_mails_per_second (EmailMultiAlternatives over Django's SMTP backend in a loop, on one
kept connection, half before and half after), ratio; fill_seconds; password_mail_seconds_max: the longest that a password
mail took from commit to the server meanwhile. Every recipient is counted at the server.
"""

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection

from bench import note, running
from bench.world import build_site
from comm100.core.tenancy import working_for
from mail import operations
from mail.content import MailingContent
from mail.links import unsubscribe_url
from mail.models import Mailing
from visitors.models import Contact

PARAGRAPH = (
    '<p style="margin:0">Hello {{ first_name | friend }} of {{ city | your town }}, lorem ipsum '
    "dolor sit amet, consectetur adipiscing elit sed do.</p>\n"
)
STILL = (
    '<p style="margin:0">Lorem ipsum dolor sit amet, consectetur adipiscing elit, größer, sed do '
    "eiusmod tempor incididunt ut labore et dolore magna aliqua.</p>\n"
)
HTML = (
    "<!doctype html><html><body>\n"
    + PARAGRAPH * 3
    + STILL * 190
    + '<p><a href="{{ unsubscribe_url }}">Unsubscribe</a></p></body></html>'
)
TEXT = "Hello {{ first_name | friend }},\n" + "lorem ipsum dolor sit amet.\n" * 60
TEXT += "{{ unsubscribe_url }}\n"
MINUTES = 15


@dataclass
class SinkProcess:
    url: str
    file: Path

    def arrived(self) -> Counter[str]:
        return Counter(self.file.read_text().split())


OTHER_MAIL = ("<plain-", "<password")


def run(quick: bool) -> dict[str, Any]:
    count, plain_count = (2_000, 300) if quick else (20_000, 2_000)
    _, site = build_site("sender", count)
    with _sink() as sink:
        before = _plain_way(sink, site, plain_count // 2)
        note(f"the plain way: {plain_count / 2 / before:.0f} mails/s")
        lanes = ("worker-transactional", "worker-marketing")
        with running(*lanes, SMTP_URL=sink.url):
            facts = _our_way(sink, site, count)
        after = _plain_way(sink, site, plain_count // 2)  # the machine may have other work
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


@contextmanager
def _sink() -> Iterator[SinkProcess]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = Path(os.environ["COMM100_DATA"]) / "arrived.txt"
    file.touch()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(file)])
    try:
        _wait_for(port)
        yield SinkProcess(f"smtp://127.0.0.1:{port}/", file)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the sink does not listen")


def _content() -> MailingContent:
    return MailingContent(
        subject="News for {{ first_name | you }}",
        sender_name="Shop",
        sender_email="news@shop.example",
        reply_to="ann@shop.example",
        list_name="Shop news",
        html=HTML,
        text=TEXT,
    )


def _plain_way(sink: SinkProcess, site: Any, count: int) -> float:
    """What a Django developer would write first; the merge is a cheap `str.replace`. Seconds."""
    host, port = sink.url.removeprefix("smtp://").rstrip("/").split(":")
    backend = "django.core.mail.backends.smtp.EmailBackend"
    connection = get_connection(backend, host=host, port=int(port))
    with working_for(site.pk):
        contacts = list(Contact.objects.order_by("pk")[:count])
    started = time.perf_counter()
    connection.open()
    for contact in contacts:
        _plain_mail(contact, connection).send()
    connection.close()
    return time.perf_counter() - started


def _plain_mail(contact: Contact, connection: Any) -> EmailMultiAlternatives:
    first, city = contact.name.split(" ")[0], contact.fields.get("city", "your town")
    url = unsubscribe_url(contact.site_id, contact.pk, 1)

    def words(source: str) -> str:
        source = source.replace("{{ first_name | friend }}", first)
        source = source.replace("{{ city | your town }}", city)
        return source.replace("{{ unsubscribe_url }}", url)

    headers = {
        "List-Id": "Shop news <news.shop.example>",
        "List-Unsubscribe": f"<{url}>, <mailto:u@shop.example?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }
    mail = EmailMultiAlternatives(
        f"News for {first}",
        words(TEXT),
        "Shop <news@shop.example>",
        [f"plain-{contact.email}"],
        reply_to=["ann@shop.example"],
        headers=headers,
        connection=connection,
    )
    mail.attach_alternative(words(HTML), "text/html")
    return mail


def _our_way(sink: SinkProcess, site: Any, count: int) -> dict[str, Any]:
    with working_for(site.pk):
        mailing = operations.freeze(_content())
        operations.approve_mailing(mailing, content_hash=mailing.content_hash)
    started = time.perf_counter()
    with working_for(site.pk):
        operations.start_mailing(mailing)
    while True:
        with working_for(site.pk):
            if operations.fill_chunk(mailing, Contact.objects.all()):
                break
    filled = time.perf_counter()
    waits = _until_done(sink, mailing)
    ended = time.perf_counter()
    _prove(sink, count)
    return {
        "seconds": ended - started,
        "fill_seconds": round(filled - started, 2),
        "password_mail_seconds_max": round(max(waits), 3),
    }


def _until_done(sink: SinkProcess, mailing: Mailing) -> list[float]:
    """Wait for the end, with a password mail now and then; how long each of them took."""
    waits: list[float] = []
    until = time.monotonic() + MINUTES * 60
    while time.monotonic() < until:
        waits.append(_password_mail(sink, len(waits)))
        with working_for(mailing.site_id):
            now = Mailing.objects.without_content().get(pk=mailing.pk)
        if now.state == Mailing.State.DONE:
            return waits
        note(f"{now.sent:,} sent")
        time.sleep(0.1)
    raise RuntimeError("the mailing does not end")


def _password_mail(sink: SinkProcess, number: int) -> float:
    address = f"password{number}@example.net"
    message = EmailMessage("Your password", "https://…", settings.DEFAULT_FROM_EMAIL, [address])
    started = time.perf_counter()
    operations.enqueue(message)
    while f"<{address}>" not in _tail(sink.file):
        if time.perf_counter() - started > 60:
            raise RuntimeError("a password mail does not arrive")
        time.sleep(0.005)
    return time.perf_counter() - started


def _tail(file: Path, size: int = 100_000) -> str:
    with file.open("rb") as lines:
        lines.seek(max(file.stat().st_size - size, 0))
        return lines.read().decode()


def _prove(sink: SinkProcess, count: int) -> None:
    arrived = sink.arrived()
    newsletter = {a: n for a, n in arrived.items() if not a.startswith(OTHER_MAIL)}
    if len(newsletter) != count or set(newsletter.values()) != {1}:
        raise RuntimeError(
            f"{len(newsletter)} of {count} arrived, at most {max(arrived.values())} times"
        )
