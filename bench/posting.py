"""What the benchmarks of sending share: the sink, a mail of 30 KB, the plain way to send it."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import connections
from django.db.models import QuerySet

from bench import note
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
PLAIN = "plain-"
PASSWORD = "password"
PASSWORD_EVERY = 0.1  # seconds


@dataclass
class SinkProcess:
    host: str
    port: int
    file: Path
    pid: int

    @property
    def url(self) -> str:
        return f"smtp://{self.host}:{self.port}/"

    def arrivals(self) -> list[tuple[str, float]]:
        """Address and time of each mail, in order."""
        pairs = (line.rstrip().rpartition(" ") for line in self.file.open())
        return [(address.strip("<>"), float(at)) for address, _, at in pairs]

    def prove(self, count: int, *, since: int = 0) -> float:
        """Each of `count` recipients got one newsletter mail, counted from arrival `since` on;
        the time of the last."""
        found = [a for a in self.arrivals()[since:] if not a[0].startswith((PLAIN, PASSWORD))]
        times = Counter(address for address, _ in found)
        if len(times) != count or set(times.values()) != {1}:
            most = max(times.values(), default=0)
            raise RuntimeError(f"{len(times)} of {count} arrived, at most {most} times")
        return max(at for _, at in found)


@contextmanager
def sink() -> Iterator[SinkProcess]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = Path(os.environ["COMM100_DATA"]) / "arrived.txt"
    file.touch()
    process = subprocess.Popen([sys.executable, "-m", "bench.sink", str(port), str(file)])
    try:
        _wait_for(port)
        yield SinkProcess("127.0.0.1", port, file, process.pid)
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


def content(sender: str = "news@shop.example") -> MailingContent:
    return MailingContent(
        subject="News for {{ first_name | you }}",
        sender_name="Shop",
        sender_email=sender,
        reply_to="ann@shop.example",
        list_name="Shop news",
        html=HTML,
        text=TEXT,
    )


def plain_way(contacts: Sequence[Contact], send: Callable[[EmailMultiAlternatives], Any]) -> float:
    """What a Django developer would write first; the merge is a cheap `str.replace`. Seconds."""
    started = time.perf_counter()
    for contact in contacts:
        send(_plain_mail(contact))
    return time.perf_counter() - started


def some_contacts(site_id: int, count: int) -> list[Contact]:
    with working_for(site_id):
        return list(Contact.objects.order_by("pk")[:count])


def _plain_mail(contact: Contact) -> EmailMultiAlternatives:
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
        [PLAIN + contact.email],
        reply_to=["ann@shop.example"],
        headers=headers,
    )
    mail.attach_alternative(words(HTML), "text/html")
    return mail


def started(site_id: int, letter: MailingContent) -> Mailing:
    """A mailing whose outbox may be filled."""
    with working_for(site_id):
        mailing = operations.freeze(letter)
        operations.approve_mailing(mailing, content_hash=mailing.content_hash)
        operations.start_mailing(mailing)
    return mailing


def fill(mailing: Mailing, audience: Callable[[], QuerySet[Contact]]) -> float:
    """Rows for the whole audience, as the newsletter's task does it; seconds."""
    begun = time.perf_counter()
    with working_for(mailing.site_id):
        readers = audience()
    while not operations.fill(mailing, readers):
        pass
    return time.perf_counter() - begun


def wait_until_done(mailing: Mailing, *, seconds: float = MINUTES * 60) -> Mailing:
    """Until the mailing is done, or for so many seconds; its numbers then."""
    until, told = time.monotonic() + seconds, 0.0
    while True:
        with working_for(mailing.site_id):
            now = Mailing.objects.without_content().get(pk=mailing.pk)
        if now.state == Mailing.State.DONE or time.monotonic() > until:
            return now
        if time.monotonic() - told > 1:
            note(f"{now.sent:,} sent")
            told = time.monotonic()
        time.sleep(0.25)


class PasswordMails:
    """Password mails, queued steadily while a campaign runs."""

    def __init__(self, sink: SinkProcess) -> None:
        self.sink = sink
        self.queued: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on)

    def __enter__(self) -> "PasswordMails":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(PASSWORD_EVERY):
            address = f"{PASSWORD}{len(self.queued)}@example.net"
            sender = settings.DEFAULT_FROM_EMAIL
            self.queued[address] = time.time()
            operations.enqueue(EmailMessage("Your password", "https://…", sender, [address]))
        connections.close_all()

    def waits(self) -> list[float]:
        """From before the commit to the server's word, in seconds, shortest first."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            arrived = dict(self.sink.arrivals())
            if self.queued.keys() <= arrived.keys():
                return sorted(arrived[to] - at for to, at in self.queued.items())
            time.sleep(0.2)
        raise RuntimeError("a password mail does not arrive")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 … 1) of the sorted values do not exceed."""
    return values[min(int(len(values) * share), len(values) - 1)]


def host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 25
