"""What crashes leave behind: nobody lost, nobody twice. `bin/bench chaos` is the long version."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from bench.faults import told_to
from comm100.core.tenancy import working_for
from comm100.embedded import ROOT
from comm100.embedded.valkey import free_port
from mail import claims, delivery, exchange, leases, stragglers, tasks
from mail.claims import claim
from mail.leases import LEASE, holding
from mail.models import Lane, Mailing, Outbox
from tests.mail.conftest import add_contacts, fresh
from tests.running.test_serving import clean_environment

State = Outbox.State
FAULTS = "worker_marketing,broker_flushed,postgres_immediate"


def states(house: Any) -> list[int]:
    with working_for(house.site.pk):
        return sorted(Outbox.objects.values_list("state", flat=True))


@pytest.mark.no_db
def test_workers_broker_and_database_die_under_a_campaign(tmp_path):
    """Processes and servers of its own: Celery, beat, Valkey, PostgreSQL, a recording server."""
    told = tmp_path / "chaos.json"
    options = ["--quick", "--rounds", "3", "--recipients", "400", "--seed", "5", "--only", FAULTS]
    done = subprocess.run(
        [sys.executable, "-m", "bench", "chaos", *options, "--json", str(told)],
        env=clean_environment(),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    facts = json.loads(told.read_text())
    settled = sum(facts[name] for name in ("sent", "failed", "suppressed", "unknown"))
    assert facts["faults"] == dict.fromkeys(FAULTS.split(","), 1)
    assert (facts["twice"], facts["lost"], facts["misnoted"]) == (0, 0, 0)
    assert settled == facts["recipients"] == 400
    assert facts["received"] > 0
    assert facts["counters_agree"]
    assert facts["password_mails_lost"] == 0


@pytest.fixture
def three(acme, post_office, start, monkeypatch) -> Mailing:
    """A mailing to three that nobody has begun to send."""
    monkeypatch.setattr("mail.tasks.deliver_marketing.delay", lambda: None)
    add_contacts(acme, "bob@example.net", "eve@example.net")
    mailing: Mailing = start(acme)
    return mailing


def failing(times: int, real: Any, *names: str, after: bool = False) -> Any:
    """`real`, but the database is away the first times that one of these statements is run."""
    left = [times]

    def run(name: str, /, **values: Any) -> Any:
        if name not in names or not left[0]:
            return real(name, **values)
        left[0] -= 1
        if after:
            real(name, **values)
        raise OperationalError("server closed the connection unexpectedly")

    return run


@pytest.fixture
def at_once(monkeypatch) -> None:
    monkeypatch.setattr(claims, "PAUSES", (0.0, 0.0, 0.0))


def test_what_was_sent_is_noted_when_the_database_is_back(
    acme, post_office, three, monkeypatch, at_once
):
    monkeypatch.setattr(claims, "as_post_soon", failing(2, claims.as_post_soon, "complete"))
    assert len(post_office.deliver()) == 3
    assert fresh(three).sent == 3


def test_a_claim_whose_answer_got_lost_gives_its_rows_back(
    acme, post_office, three, monkeypatch, at_once
):
    broken = failing(1, claims.as_post, "claim_marketing", after=True)
    monkeypatch.setattr(claims, "as_post", broken)
    with pytest.raises(OperationalError):
        delivery.run_lane(Lane.MARKETING, seconds=5)
    assert states(acme) == [State.READY] * 3
    assert len(post_office.deliver()) == 3
    with working_for(acme.site.pk):
        assert set(Outbox.objects.values_list("attempts", flat=True)) == {1}


def test_no_mail_is_to_blame_for_a_database_that_goes_away(acme, post_office, three, monkeypatch):
    def letter(row: Any, real: Any = exchange.letter) -> Any:
        if row.address.startswith("eve"):
            raise OperationalError("server closed the connection unexpectedly")
        return real(row)

    with monkeypatch.context() as patch:
        patch.setattr(exchange, "letter", letter)
        with pytest.raises(OperationalError):
            delivery.run_lane(Lane.MARKETING, seconds=5)
    assert State.FAILED not in states(acme)
    assert len(post_office.deliver()) == 3
    assert (fresh(three).sent, fresh(three).failed) == (3, 0)


def test_without_a_lease_nothing_more_is_written(acme, post_office, three, monkeypatch):
    """A worker that was frozen until its rows may be somebody else's."""
    answers = iter([True, False])
    with monkeypatch.context() as patch:
        patch.setattr(leases.Held, "is_ours", lambda _: next(answers, False))
        patch.setattr(delivery, "claim", lambda lane, limit=1: claim(lane, limit))
        delivery.run_lane(Lane.MARKETING, seconds=0.01)
    assert post_office.letters == []
    assert State.INFLIGHT not in states(acme)


def test_a_lease_is_renewed_while_its_worker_lives_and_not_after_its_end(acme, post_office, three):
    batch = claim(Lane.MARKETING)
    with holding(batch.token, batch.since - LEASE.total_seconds()) as held:
        assert not held.is_ours()
        leases._renew([held])
        assert held.is_ours()

        begun = held.since
        with working_for(acme.site.pk):
            Outbox.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        leases._renew([held])
        assert held.since == begun
    tasks.sweep()
    assert states(acme) == [State.UNKNOWN] * 3


@pytest.fixture
def recorder(tmp_path: Path, settings: Any) -> Iterator[Any]:
    """The mail server of the chaos benchmark; call it with an order."""
    port, file = free_port(), tmp_path / "recorded.txt"
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.recorder", str(port), str(file)], cwd=ROOT
    )
    settings.SMTP_URL = f"smtp://127.0.0.1:{port}/?timeout=4"

    def order(words: str) -> None:
        until = time.monotonic() + 20
        while not told_to(port, words):
            assert time.monotonic() < until
            time.sleep(0.05)

    yield order
    process.kill()
    process.wait()


def test_a_silent_connection_holds_nobody_up(acme, start, three, recorder, monkeypatch):
    monkeypatch.setattr(exchange, "SILENCE_SECONDS", 0.2)
    recorder("XORDER silence 1")
    add_contacts(acme, *(f"p{n}@example.net" for n in range(20)))
    mailing = start(acme, subject="Another one")
    delivery.run_lane(Lane.MARKETING, seconds=2)
    told = fresh(three).sent + fresh(mailing).sent
    assert told == 25  # of 26: the last one has four seconds to be answered
    assert stragglers._waited_for == 1

    until = time.monotonic() + 20
    while fresh(three).unknown + fresh(mailing).unknown != 1:
        assert time.monotonic() < until
        time.sleep(0.1)
