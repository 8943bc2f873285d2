"""What `bin/bench visitors` stands on: the processes, the browsers that ask, who is accounted for."""

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import bench
from bench.browsers import told
from bench.faults import Kept
from bench.posting import percentile
from bench.world import administrator
from comm100.embedded import ROOT
from comm100.embedded.children import Recipe
from comm100.embedded.place import python_paths
from comm100.embedded.procfile import commands, resolved
from comm100.embedded.supervisor import Voice, Watched
from comm100.embedded.valkey import free_port
from visitors.visits.choices import visitor_key

PROCESSES = ("web", "worker-transactional", "worker-marketing", "beat")
PRODUCT, PLAIN = "comm100.wsgi:application", "bench.plain_visits:application"
START_SECONDS = 60
NO_OFFICE = "1000000"  # events a second of one network: all browsers are on this machine
KEPT, NO_ANSWER = 204, 0
ROWS = """
SELECT s.site_id, key, page, link FROM (
  SELECT site_id, visitor_id, page, '' AS link FROM visitors_pageview
  UNION ALL SELECT site_id, visitor_id, page, link FROM visitors_linkclick) AS s
JOIN visitors_visitor v ON v.id = s.visitor_id
"""
COUNTED = "SELECT coalesce(sum(count), 0) FROM visitors_visitcount WHERE what IN (1, 4)"
Row = tuple[int, bytes, str, str]  # site, visitor's key, page, link


class Stage:
    """The servers of this run and the product on them, kept running; the usual way beside it."""

    def __init__(self) -> None:
        self.port, self.plain_port = free_port(), free_port()
        self.log = Path(os.environ["COMM100_DATA"]) / "processes.log"
        self.supervisor = Kept(Voice(sys.stderr))
        for child in bench.servers:
            self.supervisor.watched.append(Watched(child.recipe, child, is_server=True))
        env = os.environ | python_paths() | {"CELERY_SKIP_CHECKS": "1", "MALLOC_ARENA_MAX": "2"}
        env["COMM100_VISITS_PER_ADDRESS"] = NO_OFFICE
        known = {name: resolved(words, env) for name, words in commands(env)}
        for name in PROCESSES:
            self._run(name, known[name], env | _door(self.port))
        plain = [PLAIN if word == PRODUCT else word for word in known["web"]]
        self._run("plain", plain, env | _door(self.plain_port))
        for port in (self.port, self.plain_port):
            self._wait_for(port)

    def pids(self) -> dict[str, int]:
        return {name: self.supervisor.pid(name) or 0 for name in (*PROCESSES, "valkey")}

    def wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.supervisor.turn(min(0.2, seconds))

    def _run(self, name: str, words: list[str], env: dict[str, str]) -> None:
        self.supervisor.run(Recipe(name, words, env, log=self.log))

    def _wait_for(self, port: int) -> None:
        until = time.monotonic() + START_SECONDS
        while not _answers(port):
            self.wait(0.2)
            if time.monotonic() > until:
                raise RuntimeError(f"it does not answer:\n{self.log.read_text()[-5000:]}")


def _door(port: int) -> dict[str, str]:
    return {"GRANIAN_HOST": "127.0.0.1", "GRANIAN_PORT": str(port)}


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 2) as connection:
        connection.sendall(b"GET /p/nobody/visit HTTP/1.0\r\n\r\n")
        return connection.recv(64).startswith(b"HTTP/")
    return False


@dataclass
class Answers:
    """What became of the events of one part, by number."""

    seconds: float
    status: dict[int, int]
    waits_ms: list[float]  # of those answered 204, sorted

    @property
    def kept(self) -> list[int]:
        return [number for number, status in self.status.items() if status == KEPT]

    @property
    def rate(self) -> float:
        return len(self.waits_ms) / self.seconds

    def p95_ms(self) -> float:
        return round(percentile(self.waits_ms, 0.95), 1)


class Crowd:
    """Asks for one part after another; numbers of events are used once."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.next = stage, 0

    def ask(
        self,
        seconds: float,
        *,
        plain: bool = False,
        a_second: int = 0,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Answers:
        file = Path(os.environ["COMM100_DATA"]) / "events.txt"
        port = self.stage.plain_port if plain else self.stage.port
        how = ["--seconds", seconds, "--first", self.next, "--a-second", a_second]
        command = [sys.executable, "-m", "bench.browsers", port, file, *how]
        browsers = subprocess.Popen([str(word) for word in command], cwd=ROOT)
        while browsers.poll() is None:
            self.stage.supervisor.turn(0.1)
            meanwhile()
        lines = [line.split() for line in file.read_text().splitlines()]
        status = {int(number): int(code) for number, code, _ in lines}
        waits = sorted(int(wait) / 1000 for _, code, wait in lines if int(code) == KEPT)
        self.next = max(status, default=self.next) + 1
        return Answers(seconds, status, waits)


class Ledger:
    """Every event that was told of, and the rows that were made."""

    def __init__(self, sites: list[int]) -> None:
        self.sites = sites
        self.status: dict[int, int] = {}

    def judge(self) -> dict[str, int | bool]:
        """All events asked so far against all rows there are."""
        rows = _rows()
        kept = Counter(self._row(n) for n, status in self.status.items() if status == KEPT)
        perhaps = Counter(self._row(n) for n, status in self.status.items() if status != KEPT)
        more = rows - kept
        return {
            "answered": kept.total(),
            "rows": rows.total(),
            "lost": (kept - rows).total(),
            "twice": sum(more[row] for row in more if row in kept),
            "rows_without_an_answer": (more & perhaps).total(),
            "not_asked_for": (more - perhaps).total() - sum(more[r] for r in more if r in kept),
            "counts_agree": _counted() == rows.total(),
        }

    def _row(self, number: int) -> Row:
        event = told(number)
        site = self.sites[event.site]
        return site, visitor_key(site, event.visitor), event.page, event.link


def _rows() -> Counter[Row]:
    with administrator() as cursor:
        cursor.execute(ROWS)
        return Counter((site, bytes(key), page, link) for site, key, page, link in cursor)


def _counted() -> int:
    with administrator() as cursor:
        cursor.execute(COUNTED)
        return int(cursor.fetchone()[0])
