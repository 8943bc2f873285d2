"""What a mail server says (RFC 5321, 4.2), heard as it comes: a silent one keeps nobody waiting
who talks to others, too."""

import math
import select
import socket
import time
from collections.abc import Sequence
from typing import Protocol, TypeVar

MOST = 64 * 1024  # octets of one reply


class Ear:
    """The replies that come over one socket."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._held = bytearray()

    def next_reply(self) -> tuple[int, bytes] | None:
        """Code and text of the next whole reply; None when more must come first. Code -1: what
        came is no reply."""
        at, texts = 0, []
        while (end := self._held.find(b"\n", at)) >= 0:
            line = bytes(self._held[at:end])
            at = end + 1
            texts.append(line[4:].strip())
            if line[3:4] != b"-":
                del self._held[:at]
                return (int(line[:3]) if line[:3].isdigit() else -1), b"\n".join(texts)
        return None

    def listen(self, until: float) -> None:
        """Wait for something, until this time.monotonic() at the latest.

        Raises:
            OSError: nothing came, or the connection is closed.
        """
        if not self.has_more() and not _poll([self.sock], until):
            raise TimeoutError("timed out")
        octets = self.sock.recv(MOST)
        if not octets:
            raise ConnectionError("Connection unexpectedly closed")
        self._held += octets
        if len(self._held) > MOST:
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
