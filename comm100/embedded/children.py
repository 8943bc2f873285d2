"""Processes that do not outlive us: own session, killed with the parent, lines passed on.

Each is started with COMM100_SERVE=<data folder> in its environment, so that a later start finds
what a `kill -9` left behind (leftovers.py).
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

PR_SET_PDEATHSIG = 1
KILL_SECONDS = 10
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass
class Recipe:
    """How to start a process, and how to stop it."""

    name: str
    command: list[str]
    env: dict[str, str] = field(default_factory=dict)
    user: str | None = None  # another system user, when we are root
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals | None = None  # when we die without a word; else stop_signal
    log: Path | None = None  # its output goes here instead of to us
    before: Callable[[], None] | None = None  # each start, also after a crash
    ready: Callable[["Child"], bool] | None = None


class Child:
    """A running process made from a recipe."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe
        self.started = time.monotonic()
        self.process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        recipe = self.recipe
        if recipe.before:
            recipe.before()
        output = recipe.log.open("ab") if recipe.log else None
        with output or contextlib.nullcontext():
            return subprocess.Popen(
                recipe.command,
                env=recipe.env or None,
                **as_user(recipe.user),
                stdin=subprocess.DEVNULL,
                stdout=output or subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_dies_with_parent(recipe.orphan_signal or recipe.stop_signal),  # noqa: PLW1509  we have no threads
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def ask_to_stop(self) -> None:
        if self.running:
            self.process.send_signal(self.recipe.stop_signal)

    def end(self, deadline: float) -> None:
        """Wait until `deadline` (monotonic), then kill whatever is left of its session."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(max(0.0, deadline - time.monotonic()))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, seconds: float = 5.0) -> None:
        self.ask_to_stop()
        self.end(time.monotonic() + seconds)


def wait_ready(child: Child, seconds: float) -> bool:
    """Ask `ready` until it says yes; False when the child ended or time is over."""
    deadline = time.monotonic() + seconds
    while child.running and time.monotonic() < deadline:
        if child.recipe.ready is None or child.recipe.ready(child):
            return True
        time.sleep(0.02)
    return False


def kill(left: list[psutil.Process]) -> None:
    """End processes that are not our children, now; a zombie that nobody reaps counts as gone."""
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    deadline = time.monotonic() + KILL_SECONDS
    while any(map(_lives, left)) and time.monotonic() < deadline:
        time.sleep(0.02)


def _lives(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def as_user(name: str | None) -> dict[str, Any]:
    """Arguments for subprocess: run as this system user, in a folder that it may enter."""
    if name is None:
        return {}
    import pwd  # noqa: PLC0415  not on Windows

    group = pwd.getpwnam(name).pw_gid
    return {"user": name, "group": group, "extra_groups": [], "cwd": "/"}


def _dies_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Linux sends `number` to the child when we die, even by SIGKILL (prctl(2))."""
    if _libc is None:
        return None
    parent = os.getpid()

    def arrange() -> None:
        _libc.prctl(PR_SET_PDEATHSIG, int(number), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and here
            os._exit(1)

    return arrange
