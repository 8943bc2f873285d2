"""Visits: what pages tell of them, through the web server, the buffer and the workers.

`bin/bench visitors [--rounds 15] [--seed N] [--json F]`

Ten sites with 2,000 visitors each; every fifth visitor's events are followed links. Web server,
workers and beat as the Procfile has them, and the browsers (bench/browsers.py), on this machine.

Keys: events_per_second (answered 204 by 32 keep-alive connections that ask without a pause, while
rows are made of what they told), events_per_second_per_core, baseline_events_per_second (one
INSERT a request through the ORM, half before and half after), ratio; p95_ms (at 500 a second, from
the moment an event was due), p95_ms_at_full_load; behind_seconds (until all were rows, after the
last); cpu_ms_an_event and peak_rss_mb_of, by process. Over all parts: answered, rows, lost
(answered 204, but no row), twice, rows_without_an_answer (cut off after they were kept),
not_asked_for; counts_agree (the counts by day and the rows). killed: how often which process by
SIGKILL while browsers went on asking, and answers_then, by status (0: none came).
events_per_second_fsync_always: where Valkey answers after the disk has it (docs/visitors.md).
"""

import os
import random
import time
from collections import Counter
from typing import Any

from redis.exceptions import RedisError

from accounts.models import Site
from bench import note
from bench.browsers import SITES, slug_of
from bench.cost import Processes
from bench.faults import Faults
from bench.visiting import Answers, Crowd, Ledger, Stage
from visitors.visits import buffer

PACE = 500  # events a second where p95_ms is taken
KILLS = ("web", "worker-marketing", "valkey", "postgres")
GAP = (1.5, 3.0)  # seconds between two kills
ROWS_SECONDS = 120  # for the last event to become a row


def run(quick: bool, rounds: int = 0, seed: int = 0) -> dict[str, Any]:
    seconds = 5.0 if quick else 20.0
    rounds = rounds or (4 if quick else 16)
    chance = random.Random(seed or None)
    ledger = Ledger(_sites())
    stage = Stage()
    try:
        return Play(stage, ledger, chance).run(seconds, rounds)
    finally:
        stage.supervisor.stop()


def _sites() -> list[int]:
    sites = [
        Site.objects.create(slug=slug_of(n), name=f"Shop {n}", web_url="https://shop.example")
        for n in range(SITES)
    ]
    return [site.pk for site in sites]


class Play:
    """The parts of one run."""

    def __init__(self, stage: Stage, ledger: Ledger, chance: random.Random) -> None:
        self.stage, self.ledger, self.chance = stage, ledger, chance
        self.crowd = Crowd(stage)

    def run(self, seconds: float, rounds: int) -> dict[str, Any]:
        before = self._plain_way(seconds / 4)
        facts = self._full_load(seconds)
        plain = (before + self._plain_way(seconds / 4)) / 2
        facts |= {"p95_ms": self._told(seconds / 2, a_second=PACE).p95_ms()}
        facts |= self._fsync_always(seconds / 4) | self._while_things_die(rounds)
        self._wait_for_rows()
        rate = facts["events_per_second"]
        return {
            "events_per_second": rate,
            "events_per_second_per_core": round(rate / (os.cpu_count() or 1), 1),
            "baseline_events_per_second": round(plain, 1),
            "ratio": round(rate / plain, 1),
            **facts,
            **self.ledger.judge(),
            "load": [round(load, 2) for load in os.getloadavg()],
        }

    def _plain_way(self, seconds: float) -> float:
        self.crowd.ask(1, plain=True)
        rate = self.crowd.ask(seconds, plain=True).rate
        note(f"the usual way: {rate:.0f} events/s")
        return rate

    def _full_load(self, seconds: float) -> dict[str, Any]:
        self._told(2)
        work = Processes(self.stage.pids())
        answers = self._told(seconds)
        ended = time.monotonic()
        self._wait_for_rows()
        note(f"{answers.rate:.0f} events/s; {Counter(answers.status.values())}")
        return {
            "events_per_second": round(answers.rate, 1),
            "p95_ms_at_full_load": answers.p95_ms(),
            "behind_seconds": round(time.monotonic() - ended, 1),
            "cpu_ms_an_event": work.cpu_ms(len(answers.kept)),
            "peak_rss_mb_of": work.peak_mb(),
        }

    def _fsync_always(self, seconds: float) -> dict[str, Any]:
        buffer.server().config_set("appendfsync", "always")
        answers = self._told(seconds)
        buffer.server().config_set("appendfsync", "everysec")
        return {"events_per_second_fsync_always": round(answers.rate, 1)}

    def _while_things_die(self, rounds: int) -> dict[str, Any]:
        faults = Faults(self.stage.supervisor, os.environ["REDIS_URL"], 0, self.chance)
        plan = [KILLS[n % len(KILLS)] for n in range(rounds)]
        killed: Counter[str] = Counter()
        next_at = time.monotonic() + GAP[1]

        def kill_one() -> None:
            nonlocal next_at
            if plan and time.monotonic() > next_at and faults.kill(plan[0]):
                killed[plan.pop(0)] += 1
                next_at = time.monotonic() + self.chance.uniform(*GAP)

        answers = self._told((rounds + 2) * GAP[1], meanwhile=kill_one)
        note(f"killed {dict(killed)}: {Counter(answers.status.values())}")
        return {"killed": killed, "answers_then": Counter(answers.status.values())}

    def _told(self, seconds: float, **how: Any) -> Answers:
        answers = self.crowd.ask(seconds, **how)
        self.ledger.status |= answers.status
        return answers

    def _wait_for_rows(self) -> None:
        until = time.monotonic() + ROWS_SECONDS
        while time.monotonic() < until:
            try:
                if not buffer.waiting():
                    return
            except RedisError:
                note("no buffer")
            self.stage.wait(0.1)
        raise RuntimeError(f"{buffer.waiting():,} events never became rows")
