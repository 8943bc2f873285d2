"""The mail engine: one campaign, signed, through the workers to a sink, all on this machine.

Keys: mails_per_second (from the start of sending to the last mail at the sink; the outbox is
filled before, and measured by itself), mails_per_second_per_core, baseline_mails_per_second
(EmailMultiAlternatives + dkimpy + smtplib in a loop, half before and half after), ratio;
transactional_p99_seconds (password mails queued ten times a second meanwhile);
materialise_seconds_per_million (rows of the outbox for a campaign of 1,000,000, on disk);
peak_rss_mb: the most that a sending process held, also while those 1,000,000 rows waited;
peak_rss_mb_of, cpu_ms_a_mail: by process. Every recipient is counted at the sink.
"""

import os
import smtplib
import time
from typing import Any

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from accounts.models import Site
from bench import note, running
from bench.cost import Processes
from bench.posting import (
    HTML,
    TEXT,
    PasswordMails,
    SinkProcess,
    content,
    fill,
    percentile,
    plain_way,
    sink,
    some_contacts,
    started,
    wait_until_done,
)
from bench.world import administrator, build_site
from comm100.core.tenancy import working_for
from newsletter.models import Campaign
from newsletter.operations.sending import readers_of

WORKERS = ("worker-transactional", "worker-marketing")
MILLION = 1_000_000


def run(quick: bool) -> dict[str, Any]:
    count, plain_count, many = (10_000, 100, 100_000) if quick else (50_000, 500, MILLION)
    _, site = build_site("sender", count)
    _, large = build_site("large", many)
    with administrator() as cursor:
        cursor.execute("VACUUM ANALYZE")  # what made this world is not what is measured
    with sink() as server:
        before = _plain(server, site, plain_count // 2)
        note(f"the plain way: {plain_count / 2 / before:.0f} mails/s")
        with running(*WORKERS, SMTP_URL=server.url) as children:
            pids = {name: child.pid for name, child in children.items()} | {"sink": server.pid}
            facts = _campaign(server, site, count, Processes(pids))
            facts |= _large_campaign(large, many, Processes(pids))
        after = _plain(server, site, plain_count // 2)  # the machine may have other work
    plain = plain_count / (before + after)
    rate = facts["mails_per_second"]
    return facts | {
        "baseline_mails_per_second": round(plain, 1),
        "ratio": round(rate / plain, 1),
        "recipients": count,
        "bytes_of_a_mail": len(HTML) + len(TEXT),
        "load": [round(load, 2) for load in os.getloadavg()],
    }


def _plain(server: SinkProcess, site: Site, count: int) -> float:
    """The loop that a developer would write, with a good library for each step. Seconds."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    contacts = some_contacts(site.pk, count)
    with smtplib.SMTP(server.host, server.port) as smtp:

        def send(mail: Any) -> None:
            raw = mail.message().as_bytes(linesep="\r\n")
            signature = dkim.sign(raw, b"s1", b"shop.example", pem)
            smtp.sendmail("news@shop.example", mail.to, signature + raw)

        return plain_way(contacts, send)


def _campaign(server: SinkProcess, site: Site, count: int, work: Processes) -> dict[str, Any]:
    mailing = started(site.pk, content())
    seen = len(server.arrivals())
    with PasswordMails(server) as passwords:
        time.sleep(1)  # password mails alone, for a start
        begun = time.time()
        filled = fill(mailing, lambda: readers_of(_campaign_of(site), mailing))
        opened = time.time()
        wait_until_done(mailing)
    waits = passwords.waits()
    ended = server.prove(count, since=seen)
    rate = count / (ended - opened)
    return {
        "mails_per_second": round(rate, 1),
        "mails_per_second_per_core": round(rate / (os.cpu_count() or 1), 1),
        "mails_per_second_with_filling": round(count / (ended - begun), 1),
        "fill_seconds": round(filled, 2),
        "transactional_p99_seconds": round(percentile(waits, 0.99), 3),
        "transactional_mails": len(waits),
        "cpu_ms_a_mail": work.cpu_ms(count),
        "peak_rss_mb_of": work.peak_mb(),
    }


def _large_campaign(site: Site, count: int, work: Processes) -> dict[str, Any]:
    """Fill the outbox for many; then send for some seconds with all of them waiting."""
    mailing = started(site.pk, content())
    seconds = fill(mailing, lambda: readers_of(_campaign_of(site), mailing))
    note(f"{count:,} rows in {seconds:.1f} s")
    sent = wait_until_done(mailing, seconds=8).sent
    if not sent:
        raise RuntimeError("nothing of the large campaign was sent")
    peaks = work.peak_mb()
    return {
        "materialise_seconds_per_million": round(seconds * MILLION / count, 2),
        "materialised": count,
        "peak_rss_mb": max(peaks[name] for name in WORKERS),
        "peak_rss_mb_with_many_waiting": peaks,
    }


def _campaign_of(site: Site) -> Campaign:
    with working_for(site.pk):
        return Campaign.objects.earliest("number")
