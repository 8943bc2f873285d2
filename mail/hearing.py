"""What a mail server says (RFC 5321, 4.2), heard as it comes: a silent one keeps nobody waiting
who talks to others, too."""

import math
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Protocol, TypeVar

MOST = 64 * 1024  # octets of one reply
READ = 8 * 1024  # octets at once


class Ear:
    """The replies that come over one socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._held = b""  # of a line that has no end yet
        self._texts: list[bytes] = []  # of a reply that has more lines to come
        self._heard: deque[tuple[int, bytes]] = deque()

    def next_reply(self) -> tuple[int, bytes] | None:
        """Code and text of the next whole reply; None when more must come first. Code -1: what
        came is no reply."""
        return self._heard.popleft() if self._heard else None

    def _hear(self, octets: bytes) -> None:
        *lines, self._held = (self._held + octets).split(b"\n")
        for line in lines:
            self._texts.append(line[4:].strip())
            if line[3:4] != b"-":
                code = int(line[:3]) if line[:3].isdigit() else -1
                self._heard.append((code, b"\n".join(self._texts)))
                self._texts.clear()

    def listen(self, until: float) -> None:
        """Wait for something, until this time.monotonic() at the latest.

        Raises:
            OSError: nothing came, or the connection is closed.
        """
        if not self.has_more() and not _poll([self.sock], until):
            raise TimeoutError("timed out")
        octets = self.sock.recv(READ)
        if not octets:
            raise ConnectionError("Connection unexpectedly closed")
        self._hear(octets)
        if len(self._held) + sum(map(len, self._texts)) > MOST:
            raise ConnectionError("The reply is too long")

    def has_more(self) -> bool:
        """Whether TLS keeps something back that the socket no longer shows."""
        pending = getattr(self.sock, "pending", None)
        return bool(pending and pending())


class Listener(Protocol):
    """waits_until: time.monotonic() at which it has waited long enough; 0.0 while it need not."""

    waits_until: float

    @property
    def ear(self) -> Ear | None: ...


L = TypeVar("L", bound=Listener)


def to_go_on(listeners: Sequence[L], until: float = math.inf) -> list[L]:
    """Those that heard something, or that have waited long enough; waits for the first.

    Nobody, when nothing happened by time.monotonic() `until`.
    """
    while True:
        now = time.monotonic()
        ready = [one for one in listeners if one.waits_until <= now or _has_more(one.ear)]
        if ready or now >= until:
            return ready
        ears = {one.ear.sock.fileno(): one for one in listeners if one.ear}
        sockets = [one.ear.sock for one in ears.values() if one.ear]
        heard = _poll(sockets, min(until, _soonest(listeners)))
        if heard:
            return [ears[number] for number in heard]


def _soonest(listeners: Sequence[Listener]) -> float:
    return min(one.waits_until for one in listeners)


def _has_more(ear: Ear | None) -> bool:
    return ear is None or ear.has_more()


def _poll(sockets: Sequence[socket.socket], until: float) -> list[int]:
    """The file numbers of those that there is something to read from."""
    poll = select.poll()
    for sock in sockets:
        poll.register(sock, select.POLLIN)
    wait = max(0.0, until - time.monotonic())
    return [number for number, _ in poll.poll(wait * 1000 + 1)]
