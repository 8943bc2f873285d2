"""Browsers that tell of their visits: the load of `bin/bench visitors`, in a process of its own.

    python -m bench.browsers PORT FILE --seconds 10 [--first 0] [--connections 32] [--a-second N]

Keep-alive connections over loopback. Without `--a-second` each asks again as soon as it was
answered; with it events are due at even distances, and a wait for a free connection counts.
FILE gets a line for each event: number, status (0: no answer), microseconds.

What event number n tells is a matter of arithmetic (`told`): nobody else has to remember it.
"""

import argparse
import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TextIO

SITES = 10
VISITORS = 2_000  # of each site
CLICK_EVERY = 5
RECONNECT_SECONDS = 0.05
LAST_ANSWERS_SECONDS = 5.0
BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
)
LANGUAGES = ("en-GB,en;q=0.9", "de-AT,de;q=0.8", "fr-FR", "es-MX,es;q=0.9,en;q=0.4")


@dataclass(frozen=True)
class Told:
    """One event. No two with the same visitor, page and link."""

    site: int  # 0 … SITES - 1
    visitor: str  # what their cookie holds
    page: str
    link: str

    @property
    def body(self) -> bytes:
        facts = {"v": f"{self.visitor}.sp", "p": f"https://shop.example{self.page}"}
        return json.dumps(facts | ({"l": f"https://{self.link}"} if self.link else {})).encode()


def told(number: int) -> Told:
    site, turn = number % SITES, number // SITES
    visitor, page = turn % VISITORS, turn // VISITORS
    link = f"else.example/item-{page}" if turn % CLICK_EVERY == 0 else ""
    return Told(site, f"bench{site:02}{visitor:015}", f"/page-{page}", link)


def slug_of(site: int) -> str:
    return f"shop-{site}"


def request_of(number: int) -> bytes:
    event = told(number)
    who = int.from_bytes(sha256(event.visitor.encode()).digest()[:4])
    head = (
        f"POST /p/{slug_of(event.site)}/visit HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"User-Agent: {BROWSERS[who % len(BROWSERS)]}\r\n"
        f"Accept: */*\r\nAccept-Language: {LANGUAGES[who % len(LANGUAGES)]}\r\n"
        "Accept-Encoding: gzip, deflate, br\r\nContent-Type: text/plain;charset=UTF-8\r\n"
        "Origin: https://shop.example\r\nReferer: https://shop.example/\r\n"
        f"Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n"
        f"Content-Length: {len(event.body)}\r\n\r\n"
    )
    return head.encode() + event.body


class Crowd:
    """All connections, which number comes next, and what became of each."""

    def __init__(self, wanted: argparse.Namespace, file: TextIO) -> None:
        self.wanted, self.file = wanted, file
        self.next = wanted.first
        self.free: deque[Connection] = deque()
        self.begun = time.perf_counter()
        self.until = self.begun + wanted.seconds
        self.open = 0  # asked and not answered
        self.coming: set[asyncio.Task[None]] = set()

    @property
    def is_over(self) -> bool:
        return time.perf_counter() >= self.until

    async def run(self) -> None:
        for _ in range(self.wanted.connections):
            self.come()
        while not self.is_over:
            await asyncio.sleep(self._send_what_is_due())
        given_up = time.perf_counter() + LAST_ANSWERS_SECONDS
        while self.open and time.perf_counter() < given_up:
            await asyncio.sleep(0.01)

    def come(self) -> None:
        """One more connection."""
        task = asyncio.get_running_loop().create_task(self._connect())
        self.coming.add(task)
        task.add_done_callback(self.coming.discard)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while not self.is_over:
            try:
                await loop.create_connection(
                    lambda: Connection(self), "127.0.0.1", self.wanted.port
                )
            except OSError:
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                return

    def _send_what_is_due(self) -> float:
        """Seconds until the next one; without a pace connections go on by themselves."""
        if not self.wanted.a_second:
            return 0.05
        while self.free and self._due() <= time.perf_counter():
            self.free.popleft().ask(self._due())
        return max(0.0005, self._due() - time.perf_counter()) if self.free else 0.0005

    def _due(self) -> float:
        return float(self.begun + (self.next - self.wanted.first) / self.wanted.a_second)

    def is_free(self, connection: "Connection") -> None:
        if self.wanted.a_second:
            self.free.append(connection)
        elif not self.is_over:
            connection.ask(time.perf_counter())

    def note(self, number: int, status: int, since: float) -> None:
        self.open -= 1
        self.file.write(f"{number} {status} {(time.perf_counter() - since) * 1e6:.0f}\n")


class Connection(asyncio.Protocol):
    """One request at a time; one that is cut off is followed by another connection."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.asked: tuple[int, float] | None = None
        self.heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.crowd.is_free(self)

    def ask(self, due: float) -> None:
        number = self.crowd.next
        self.crowd.next += 1
        self.crowd.open += 1
        self.asked = number, due
        self.transport.write(request_of(number))

    def data_received(self, data: bytes) -> None:
        self.heard += data
        head, end, rest = self.heard.partition(b"\r\n\r\n")
        if not end or len(rest) < _length(head):
            return
        self._answered(int(head[9:12]))
        self.crowd.is_free(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self.crowd.free:
            self.crowd.free.remove(self)
        self._answered(0)
        self.crowd.come()

    def _answered(self, status: int) -> None:
        asked, self.asked, self.heard = self.asked, None, b""
        if asked:
            self.crowd.note(asked[0], status, asked[1])


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--a-second", type=float, default=0)
    wanted = parser.parse_args()
    with wanted.file.open("w") as file:
        asyncio.run(Crowd(wanted, file).run())


if __name__ == "__main__":
    main()
