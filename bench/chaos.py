"""A campaign while things die: nobody is lost, nobody gets it twice.

`bin/bench chaos [--rounds 100] [--recipients 50000] [--seed N] [--only KIND,…] [--json F]`

One campaign goes out by way of the real workers, the beat and the broker, under the supervisor of
bin/serve; a round is one fault, 0.5 to 3 s after the one before (bench/faults.py has the kinds;
they come in an order of chance, each about equally often; the database's disk is filled only where
the run may mount one of its own, as root on Linux). The recorder takes mail no faster than
so that the recipients last for all rounds. Meanwhile password mails are queued twice a second
and recipients unsubscribe. After the last round the rows that wait for another try (5 minutes
after a 451) are made due at once; nothing else is helped along. `--quick` waits shorter for a
silent server and for dead workers than production does.

Keys: rounds, recipients, received, twice, lost (neither received nor failed, suppressed or
unknown), misnoted (received, but the outbox says otherwise), sent, failed, suppressed, unknown,
unknown_but_received, still_open; counters_agree (the campaign's numbers and its rows);
resume_seconds_max (from any fault until each lane delivered again, other faults in between or
not), resume_seconds by kind and lane;
settle_seconds (from the last fault until every recipient is accounted for), seconds (in all);
password_mails, password_mails_lost, password_mails_again (with the same Message-ID: a lost answer
is asked for once more); holds: whether all that must be is so.
"""

import os
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg2

import bench
from bench import note
from bench.account import Account, account_for, arrivals, longest_pauses, refused_for_good
from bench.faults import Faults, Kept
from bench.living import Life, Scene, build_scene
from bench.world import administrator
from comm100.embedded.children import Recipe
from comm100.embedded.place import python_paths
from comm100.embedded.procfile import commands, resolved
from comm100.embedded.supervisor import Voice, Watched
from comm100.embedded.valkey import free_port
from mail.models import Mailing

# A short run has no time for the waits of production.
QUICK = {"COMM100_MAIL_LEASE": "8", "SMTP_OPTIONS": "?timeout=10"}
PROCESSES = ("worker-transactional", "worker-marketing", "beat")
START_SECONDS = 60
GAP = (0.5, 3.0)  # seconds between two faults
RESERVE = 0.05  # of the recipients, for after the last fault
SETTLE_SECONDS = 240  # after the last fault, before we give up
RESUME_SECONDS = 60  # what must hold
BAD_PASSWORD_MAILS = ("password_mails_lost", "password_mails_under_another_id")
HURRY = "UPDATE mail_outbox SET not_before = now() WHERE state = 5 AND not_before > now()"


def run(
    quick: bool, rounds: int = 0, recipients: int = 0, seed: int = 0, only: str = ""
) -> dict[str, Any]:
    rounds = rounds or (10 if quick else 100)
    recipients = recipients or (3_000 if quick else 50_000)
    seed = seed or random.SystemRandom().randrange(10**6)
    chance = random.Random(seed)
    note(f"seed {seed}")
    scene = build_scene(recipients, chance)
    stage = Stage(free_port(), QUICK if quick else {})
    try:
        faults = Faults(stage.supervisor, os.environ["REDIS_URL"], stage.port, chance)
        with Life(scene):
            plan = faults.plan(rounds, only.split(",") if only else [])
            return Play(scene, stage, faults, chance).run(plan) | {"seed": seed}
    finally:
        stage.supervisor.stop()


class Stage:
    """The servers of this run, the recorder and the processes of the Procfile, kept running."""

    def __init__(self, port: int, settings: dict[str, str]) -> None:
        self.port = port
        data = Path(os.environ["COMM100_DATA"])
        self.file, self.log = data / "recorded.txt", data / "processes.log"
        self.file.touch()
        self.supervisor = Kept(Voice(sys.stderr))
        for child in bench.servers:
            self.supervisor.watched.append(Watched(child.recipe, child, is_server=True))
        env = os.environ | python_paths() | {"CELERY_SKIP_CHECKS": "1", "MALLOC_ARENA_MAX": "2"}
        env |= {"SMTP_URL": f"smtp://127.0.0.1:{port}/"} | settings
        env["SMTP_URL"] += env.get("SMTP_OPTIONS", "")
        command = [sys.executable, "-m", "bench.recorder", str(port), str(self.file)]
        self.supervisor.run(Recipe("recorder", command, env, log=self.log))
        known = dict(commands(env))
        for name in PROCESSES:
            self.supervisor.run(Recipe(name, resolved(known[name], env), env, log=self.log))


class Play:
    """The rounds of one run."""

    def __init__(self, scene: Scene, stage: Stage, faults: Faults, chance: random.Random) -> None:
        self.scene, self.stage, self.faults, self.chance = scene, stage, faults, chance
        self.done: list[tuple[float, str]] = []
        self.taken, self._read = 0, 0  # mails, bytes of the recorder's file
        self._next_pace = 0.0

    def run(self, plan: list[str]) -> dict[str, Any]:
        rounds = len(plan)
        self._wait_for_workers()
        begun = time.time()
        self.scene.start()
        while plan:
            self._wait(self.chance.uniform(*GAP), left=len(plan))
            kind = plan.pop(0)
            if self.faults.cause(kind):
                self.done.append((time.time(), kind))
            else:  # what is to be hit is down: later
                plan.insert(self.chance.randint(0, len(plan)), kind)
            at = f"{time.time() - begun:.0f} s"
            note(f"{at}: {rounds - len(plan)}/{rounds} {kind}; {self.taken:,} taken")
        last = self.done[-1][0]
        finished = self._settle()
        facts = self._judge() | {"finished": finished, "rounds": len(self.done)}
        facts |= {"settle_seconds": round(time.time() - last, 1)}
        facts |= {"seconds": round(time.time() - begun, 1)}
        holds = _holds(facts)
        if not holds or os.environ.get("COMM100_CHAOS_LOG"):
            note(self.stage.log.read_text()[-200_000:])
        return facts | {"holds": holds}

    def _wait_for_workers(self) -> None:
        """Until the first password mail came through."""
        until = time.monotonic() + START_SECONDS
        while not self.taken:
            self._wait(0.5, left=0)
            if time.monotonic() > until:
                raise RuntimeError(f"no mail leaves:\n{self.stage.log.read_text()[-5000:]}")

    def _wait(self, seconds: float, *, left: int) -> None:
        """Keep everything running for so long; the recipients are to last for `left` faults."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.stage.supervisor.turn(0.05)
            if time.monotonic() >= self._next_pace:
                self._next_pace = time.monotonic() + 1
                self.faults.tell(f"XPACE {self._pace(left)}")

    def _pace(self, left: int) -> int:
        self._count()
        if not left:
            return 0
        there = len(self.scene.audience) * (1 - RESERVE) - self.taken
        return max(5, round(there / (left * sum(GAP) / 2)))

    def _count(self) -> None:
        with self.stage.file.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        self.taken += new.count(b"\n")

    def _settle(self) -> bool:
        """Wait until the campaign and the password mails are done; False when they never are."""
        until = time.monotonic() + SETTLE_SECONDS
        while time.monotonic() < until:
            self._wait(1, left=0)
            if self.scene.life_may_end.is_set():
                self._wait(1, left=0)
            try:
                if self._is_over():
                    return True
            except psycopg2.Error:
                note("no database")
        return False

    def _is_over(self) -> bool:
        with administrator() as cursor:
            cursor.execute(HURRY)
            cursor.execute(
                "SELECT count(*) FILTER (WHERE mailing_id = %(mailing)s), count(*) FROM mail_outbox"
                " WHERE state IN (1, 2, 3, 5)",
                {"mailing": self.scene.mailing_id},
            )
            waiting, all_waiting = cursor.fetchone()
            cursor.execute("SELECT state FROM mail_mailing WHERE id = %s", [self.scene.mailing_id])
            (state,) = cursor.fetchone()
        note(f"{waiting:,} of {all_waiting:,} wait; {self.taken:,} taken")
        over = state == Mailing.State.DONE and not waiting
        if over and not self.scene.life_may_end.is_set():
            self.scene.life_may_end.set()
            return False  # what was queued by then is to arrive, too
        return over and not all_waiting

    def _judge(self) -> dict[str, Any]:
        heard = arrivals(self.stage.file)
        received = Counter(arrival.recipient for arrival in heard)
        account = account_for(self.scene.mailing_id, self.scene.audience, received)
        lanes = {
            "marketing": [a.at for a in heard if a.recipient in self.scene.audience],
            "transactional": [a.at for a in heard if a.recipient not in self.scene.audience],
        }
        pauses = longest_pauses(self.done, lanes)
        return account.as_json() | {
            "counters_agree": self._counters_agree(account),
            "resume_seconds_max": max(max(lanes.values()) for lanes in pauses.values()),
            "resume_seconds": pauses,
            "faults": Counter(kind for _, kind in self.done),
            **self._password_mails(received, {(a.recipient, a.message_id) for a in heard}),
        }

    def _counters_agree(self, account: Account) -> bool:
        counted = self.scene.counters()
        names = ("sent", "failed", "suppressed", "unknown")
        return all(counted[name] == account.states[name] for name in names)

    def _password_mails(
        self, received: Counter[str], known: set[tuple[str, str]]
    ) -> dict[str, int]:
        queued = self.scene.queued
        never = {address for address in queued if not received[address]}
        return {
            "password_mails": len(queued),
            "password_mails_lost": len(never - refused_for_good(never)),
            "password_mails_again": sum(received[address] > 1 for address in queued),
            "password_mails_under_another_id": len([1 for address, _ in known if address in queued])
            - sum(bool(received[address]) for address in queued),
        }


def _holds(facts: dict[str, Any]) -> bool:
    settled = sum(facts[name] for name in ("sent", "failed", "suppressed", "unknown"))
    bad = ("twice", "lost", "misnoted", "still_open", *BAD_PASSWORD_MAILS)
    return bool(
        facts["finished"]
        and facts["counters_agree"]
        and settled == facts["recipients"]
        and not any(facts[name] for name in bad)
        and facts["resume_seconds_max"] <= RESUME_SECONDS
    )
