"""What goes wrong in `bin/bench chaos`: each kind of fault, and how it is done.

Only processes that the run itself started are killed, each by its pid.
"""

import os
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from threading import Timer

import psutil
import redis

import bench
from bench import disk
from comm100.embedded.children import Recipe
from comm100.embedded.supervisor import Supervisor, Voice

SMTP = (
    "421",
    "421_after",
    "451",
    "451_after",
    "550",
    "554_after",
    "drop",
    "close_after",
    "lose_after",
    "half_open",
    "silence",
)
MOST_MAILS = 3  # that one SMTP fault meets
FULL_SECONDS = (2.0, 6.0)


class Kept(Supervisor):
    """The supervisor of bin/serve, whose processes can be found by name."""

    def __init__(self, voice: Voice) -> None:
        super().__init__(voice)

    def pid(self, name: str) -> int | None:
        """None while it is down."""
        for watched in self.watched:
            if watched.recipe.name == name and watched.child and watched.child.running:
                return watched.child.pid
        return None

    def recipes(self) -> list[Recipe]:
        return [watched.recipe for watched in self.watched]


class Faults:
    """`cause(kind)` does one; answers False when there was nothing to hit."""

    def __init__(self, supervisor: Kept, broker_url: str, smtp_port: int, chance: Random) -> None:
        self.supervisor, self.chance = supervisor, chance
        self.broker_url, self.smtp_port = broker_url, smtp_port
        self.kinds: dict[str, Callable[[], bool]] = {
            "worker_marketing": lambda: self.kill("worker-marketing"),
            "worker_transactional": lambda: self.kill("worker-transactional"),
            "worker_child": self._kill_worker_child,
            "beat": lambda: self.kill("beat"),
            "broker": lambda: self.kill("valkey"),
            "broker_flushed": self._flush,
            "postgres_immediate": lambda: self.kill("postgres", signal.SIGQUIT),
            "postgres_killed": lambda: self.kill("postgres"),
            "postgres_backend": self._kill_backend,
            "mail_server": lambda: self.kill("recorder"),
        } | {kind: lambda kind=kind: self._order(kind) for kind in SMTP}
        if bench.small_disk:
            self.kinds["disk_full"] = lambda: self._fill(bench.small_disk)

    def plan(self, rounds: int, only: Sequence[str] = ()) -> list[str]:
        """So many, in an order of chance, each kind about equally often; or `only` these, as
        they come."""
        planned: list[str] = [*only] * (1 + rounds // len(only)) if only else []
        while len(planned) < rounds:
            deck = [*self.kinds]
            self.chance.shuffle(deck)
            planned += deck
        return planned[:rounds]

    def cause(self, kind: str) -> bool:
        return self.kinds[kind]()

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> bool:
        pid = self.supervisor.pid(name)
        return pid is not None and _signalled(pid, number)

    def _children(self) -> list[int]:
        parents = [self.supervisor.pid(f"worker-{lane}") for lane in ("marketing", "transactional")]
        return [child for parent in parents if parent for child in _children_of(parent)]

    def _kill_worker_child(self) -> bool:
        children = self._children()
        return bool(children) and _signalled(self.chance.choice(children), signal.SIGKILL)

    def _kill_backend(self) -> bool:
        """One connection's process: the server then restarts itself."""
        parent = self.supervisor.pid("postgres")
        backends = [pid for pid in _children_of(parent or 0) if _serves_us(pid)]
        return bool(backends) and _signalled(self.chance.choice(backends), signal.SIGKILL)

    def _fill(self, place: Path | None) -> bool:
        """No room for the database, for some seconds; nobody tidies up for it but time."""
        if place is None or (place / disk.BALLAST).exists():
            return False
        disk.fill(place)
        Timer(self.chance.uniform(*FULL_SECONDS), disk.free, [place]).start()
        return True

    def _flush(self) -> bool:
        with suppress(redis.RedisError):
            return bool(redis.Redis.from_url(self.broker_url, socket_timeout=2).flushall())
        return False

    def _order(self, kind: str) -> bool:
        return self.tell(f"XORDER {kind} {self.chance.randint(1, MOST_MAILS)}")

    def tell(self, order: str) -> bool:
        return told_to(self.smtp_port, order)


def told_to(port: int, order: str) -> bool:
    """Give the recorder at this port an order; False when it is away."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as connection:
        connection.sendall(f"{order}\r\n".encode())
        said = b""
        while said.count(b"\r\n") < 2:  # the greeting and the answer
            said += connection.recv(200) or b"\r\n\r\n"
        return True
    return False


def _signalled(pid: int, number: signal.Signals) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
        return True
    return False


def _children_of(pid: int) -> list[int]:
    with suppress(psutil.Error):
        return [child.pid for child in psutil.Process(pid).children()] if pid else []
    return []


def _serves_us(pid: int) -> bool:
    with suppress(psutil.Error):
        return any("comm100_" in word for word in psutil.Process(pid).cmdline())
    return False
