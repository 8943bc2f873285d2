"""Keep processes running: pass on their lines, restart what crashes, stop all in time."""

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, NoReturn

from comm100.embedded.children import Child, Recipe
from comm100.embedded.postgres import NoServer
from comm100.embedded.services import start

COLOURS = (36, 32, 33, 35, 34, 96, 92, 95)
STOP_SECONDS = 5.0  # for the processes, and again for the servers below them
LONGEST_PAUSE = 30.0
SHORT_PAUSE = 1.0  # at most, for servers, and for what was killed: it did not end by itself
HOPELESS = 4  # crashes before the product ever answered


class Stopped(Exception):
    """TERM or Ctrl-C arrived."""


class Failed(RuntimeError):
    """A step of the start did not succeed; the message says which."""


class Voice:
    """Short lines on one stream, each with its speaker, coloured on a terminal."""

    def __init__(self, stream: IO[str] = sys.stdout) -> None:
        self.stream = stream
        self.coloured = stream.isatty() and "NO_COLOR" not in os.environ
        self._speakers: dict[str, int] = {}

    def say(self, text: str) -> None:
        print(text, file=self.stream, flush=True)

    def quote(self, speaker: str, text: str) -> None:
        label = f"{speaker:<20} | "
        if self.coloured:
            number = self._speakers.setdefault(speaker, len(self._speakers))
            label = f"\033[{COLOURS[number % len(COLOURS)]}m{label}\033[0m"
        self.say(label + text)


@dataclass
class Watched:
    """A recipe that is to run, the child that runs it, and when to try again."""

    recipe: Recipe
    child: Child | None = None
    crashes: int = 0
    again_at: float = 0.0
    rest: bytes = b""
    is_server: bool = field(default=False)


class Supervisor:
    """Runs servers first, then processes on top of them; one thread, one selector."""

    def __init__(self, voice: Voice) -> None:
        self.voice = voice
        self.watched: list[Watched] = []
        self._outputs = selectors.DefaultSelector()
        self._unfinished: Child | None = None  # of run_once

    def run_server(self, recipe: Recipe) -> None:
        self.watched.append(Watched(recipe, start(recipe), is_server=True))

    def run(self, recipe: Recipe) -> None:
        watched = Watched(recipe)
        self.watched.append(watched)
        self._start(watched)

    def run_once(self, recipe: Recipe) -> None:
        """Run to its end, its lines passed on; anything but success raises Failed."""
        watched = Watched(recipe)
        self._start(watched)
        child = watched.child
        assert child
        self._unfinished = child
        while child.running:
            self._hear(0.1)
        self._listen(watched, child.process.stdout)
        self._unfinished = None
        if child.process.returncode:
            raise Failed(f"{recipe.name} failed; see above.")

    def turn(self, seconds: float = 0.2) -> None:
        """Pass on what was said for at most `seconds`; restart what ended."""
        self._hear(seconds)
        now = time.monotonic()
        for watched in self.watched:
            if watched.child and not watched.child.running:
                self._mourn(watched, now)
            if watched.child is None and now >= watched.again_at:
                self._start(watched)

    def run_until(self, done: Callable[[], bool]) -> None:
        """Until the start is done; a process that ends again and again fails it."""
        while not done():
            self.turn()
            for watched in self.watched:
                if watched.crashes >= HOPELESS:
                    raise Failed(f"{watched.recipe.name} does not stay up; see above.")

    def run_for_ever(self) -> NoReturn:
        while True:
            self.turn()

    def stop(self) -> None:
        """Processes first, the servers below them last; each group within STOP_SECONDS."""
        if self._unfinished:
            self._unfinished.stop()
        for servers in (False, True):
            children = [w.child for w in self.watched if w.child and w.is_server is servers]
            for child in children:
                child.ask_to_stop()
            deadline = time.monotonic() + STOP_SECONDS - servers
            while any(c.running for c in children) and time.monotonic() < deadline:
                self._hear(0.05)
            for child in children:
                child.end(deadline)

    def _start(self, watched: Watched) -> None:
        if watched.is_server:
            self._start_server(watched)
            return
        watched.child = Child(watched.recipe)
        output: Any = watched.child.process.stdout
        if output:
            os.set_blocking(output.fileno(), False)
            self._outputs.register(output, selectors.EVENT_READ, watched)

    def _start_server(self, watched: Watched) -> None:
        """What runs on top of it waits; one that does not come back is tried again."""
        try:
            watched.child = start(watched.recipe)
        except NoServer as error:
            watched.crashes += 1
            watched.again_at = time.monotonic() + _pause(watched.crashes)
            self.voice.quote(watched.recipe.name, str(error))

    def _mourn(self, watched: Watched, now: float) -> None:
        child, watched.child = watched.child, None
        assert child
        self._listen(watched, child.process.stdout)
        child.end(now)
        lasted = now - child.started
        watched.crashes = 1 if lasted > LONGEST_PAUSE else watched.crashes + 1
        soon = watched.is_server or child.process.returncode == -signal.SIGKILL
        pause = min(_pause(watched.crashes), SHORT_PAUSE if soon else LONGEST_PAUSE)
        watched.again_at = now + pause
        how = _ending(child.process.returncode)
        self.voice.quote(watched.recipe.name, f"{how}; starting it again in {pause:g} s")

    def _hear(self, seconds: float) -> None:
        for key, _ in self._outputs.select(seconds):
            self._listen(key.data, key.fileobj)

    def _listen(self, watched: Watched, output: Any) -> None:
        if output is None or output.closed:
            return
        try:
            said = output.read()
        except OSError:
            said = b""
        if said == b"":  # it closed its end
            self._outputs.unregister(output)
            output.close()
            return
        *lines, watched.rest = (watched.rest + (said or b"")).split(b"\n")
        for line in lines:
            if line.strip():
                self.voice.quote(watched.recipe.name, line.decode(errors="replace").rstrip())


def _pause(crashes: int) -> float:
    return min(0.5 * 2.0 ** (crashes - 1), LONGEST_PAUSE)


def _ending(code: int) -> str:
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"ended with code {code}"


def stop_on_signals() -> None:
    """TERM, HUP and Ctrl-C raise Stopped, once; later ones wait for the stop under way."""

    def stopped(number: int, frame: Any) -> None:
        for again in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(again, signal.SIG_IGN)
        raise Stopped

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stopped)
