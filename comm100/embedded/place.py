"""The data folder of one running product: who holds it, its secret key, how to reach it."""

import contextlib
import fcntl
import json
import os
import secrets
import sys
from pathlib import Path
from typing import IO

import psutil

from comm100.embedded import ROOT
from comm100.embedded.children import kill

WORTH_TELLING = {"DATABASE_URL", "REDIS_URL", "SMTP_URL", "DJANGO_SETTINGS_MODULE"}
MARK = "COMM100_SERVE"  # in the environment of every process we start: the data folder


class Taken(RuntimeError):
    """Somebody else uses this folder or port; the message says who."""


class Place:
    """A data folder, held by at most one `bin/serve` (or `bin/manage` that started services)."""

    def __init__(self, data: Path) -> None:
        self.data = data.resolve()
        self._run_file = self.data / "run.json"
        self._guard: IO[str] | None = None

    def hold(self) -> None:
        try:
            self.data.mkdir(parents=True, exist_ok=True)
            guard = (self.data / "lock").open("a+")
        except OSError as error:
            raise Taken(f"{error.strerror}: {self.data}; name another folder: --data.") from None
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            guard.seek(0)
            raise Taken(f"{self.data} is in use by process {guard.read() or '?'}.") from None
        guard.truncate(0)
        guard.write(str(os.getpid()))
        guard.flush()
        self._guard = guard
        self._run_file.unlink(missing_ok=True)
        self._end_leftovers()

    def let_go(self) -> None:
        self._run_file.unlink(missing_ok=True)
        if self._guard:
            self._guard.truncate(0)
            self._guard.close()

    def secret_key(self) -> str:
        path = self.data / "secret_key"
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            fresh.rename(path)
        return path.read_text().strip()

    def environment(self, urls: dict[str, str], *, host: str) -> dict[str, str]:
        """What Django needs to know, for one machine; what the caller has set stays."""
        ours = {
            **urls,
            "COMM100_DATA": str(self.data),
            "COMM100_DEBUG": "true",
            "COMM100_HOST": host,
            "COMM100_SECRET_KEY": self.secret_key(),
            "DJANGO_SETTINGS_MODULE": "comm100.settings",
            "CELERY_SKIP_CHECKS": "1",  # bin/check makes them, and ours are made at each start
            "MALLOC_ARENA_MAX": "2",  # glibc keeps one heap a thread otherwise
        }
        return ours | os.environ | python_paths() | {MARK: str(self.data)}

    def tell(self, env: dict[str, str]) -> None:
        """Leave word for `bin/manage` how to reach what runs here."""
        told = {n: v for n, v in env.items() if n in WORTH_TELLING or n.startswith("COMM100_")}
        told.pop(MARK, None)
        self._run_file.unlink(missing_ok=True)
        self._run_file.touch(mode=0o600)
        self._run_file.write_text(json.dumps({"pid": os.getpid(), "env": told}, indent=1))

    def told(self) -> dict[str, str]:
        """The environment of what runs here."""
        with contextlib.suppress(OSError, ValueError):
            return dict(json.loads(self._run_file.read_text())["env"])
        return {}

    def _end_leftovers(self) -> None:
        """End processes that a `kill -9` of their parent left here (we hold the folder now)."""
        kill([p for p in psutil.process_iter() if _marked(p) == str(self.data)])


def python_paths() -> dict[str, str]:
    """The programs of the environment we run in come first, and our packages are found."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    return {
        "PATH": path,
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser",  # one machine, ours
    }


def _marked(process: psutil.Process) -> str | None:
    if process.pid == os.getpid():
        return None
    with contextlib.suppress(psutil.Error, OSError):
        return process.environ().get(MARK)
    return None
