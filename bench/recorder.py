"""A mail server that remembers and misbehaves: `python -m bench.recorder PORT FILE`.

A line of FILE for each mail that it took, written before the sender hears of it: seconds since
1970, recipient, Message-ID, and whether the sender heard of it ("told" or "untold").

It does odd things when asked, over SMTP: `XORDER 451 3` (the next three mails get 451, if they
come within two seconds), `XPACE 200` (at most 200 mails a second from now on; 0: as fast as it
goes). The oddities:

- `421`: hangs up at MAIL with 421. `421_after`: answers 421 to the text and hangs up
- `451`, `550`: refuses the recipient, for now or for good. `451_after`, `554_after`: the text
- `drop`: hangs up at RCPT. `half_open`: says nothing any more from MAIL on, and never hangs up
- `close_after`: keeps the mail and hangs up before it says so. `lose_after`: the same, not kept
- `silence`: keeps the mail and never answers
"""

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import NamedTuple

HELLO = b"250-recorder\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
OK = b"250 2.0.0 Ok\r\n"
REFUSALS = {
    "451": b"451 4.7.1 Come back later\r\n",
    "550": b"550 5.1.1 No such user\r\n",
    "451_after": b"451 4.3.0 Not now\r\n",
    "554_after": b"554 5.6.0 I do not like this text\r\n",
    "421": b"421 4.3.2 Closing\r\n",
    "421_after": b"421 4.3.2 Closing\r\n",
}
AT_SENDER = ("421", "half_open")
AT_RECIPIENT = ("451", "550", "drop")
AT_TEXT = ("421_after", "451_after", "554_after", "close_after", "lose_after", "silence")
LIMIT = 4 * 2**20  # bytes of one mail
SILENCE_SECONDS = 600
ORDER_SECONDS = 2.0


class HangUp(Exception):
    """The connection ends here."""


class Order(NamedTuple):
    kind: str
    until: float


class Memory:
    """What all connections share: the file, the orders, the pace."""

    def __init__(self, path: Path) -> None:
        self.file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        self.orders: list[Order] = []
        self.gap, self.next = 0.0, 0.0

    def keep(self, recipient: str, message_id: str, *, told: bool) -> None:
        word = "told" if told else "untold"
        line = f"{time.time():.3f}\t{recipient}\t{message_id}\t{word}\n"
        os.write(self.file, line.encode())  # survives a kill -9 of this process

    def odd(self, kinds: tuple[str, ...]) -> str:
        """The oddity that is ordered for this stage; it is used up."""
        now = time.monotonic()
        for order in self.orders:
            if order.kind in kinds and order.until > now:
                self.orders.remove(order)
                return order.kind
        return ""

    def obey(self, words: list[str]) -> None:
        if words[0] == "XPACE":
            self.gap = 1 / float(words[1]) if float(words[1]) else 0.0
        else:
            fresh = [order for order in self.orders if order.until > time.monotonic()]
            new = Order(words[1], time.monotonic() + ORDER_SECONDS)
            self.orders = [*fresh, *[new] * int(words[2])]

    async def turn(self) -> None:
        """Wait until the pace allows another mail."""
        now = time.monotonic()
        self.next = max(now, self.next) + self.gap
        if self.next > now:
            await asyncio.sleep(self.next - now)


class Talk:
    """One connection."""

    def __init__(
        self, memory: Memory, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.memory, self.reader, self.writer = memory, reader, writer
        self.recipient = ""

    async def run(self) -> None:
        self.writer.write(b"220 recorder ESMTP\r\n")
        try:
            while True:
                line = await self.reader.readuntil(b"\r\n")
                self.writer.write(await self._answer(line.decode("utf-8", "replace").strip()))
        except (HangUp, OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.writer.close()

    async def _answer(self, line: str) -> bytes:
        verb = line[:4].upper()
        if line[:5] in {"XORDE", "XPACE"}:
            self.memory.obey(line.split())
            return OK
        if verb == "MAIL":
            return await self._sender()
        if verb == "RCPT":
            return self._recipient(line)
        if verb == "DATA":
            return await self._text()
        if verb == "QUIT":
            self._say_and_hang_up(b"221 2.0.0 Bye\r\n")
        return HELLO if verb == "EHLO" else OK

    async def _sender(self) -> bytes:
        self.recipient = ""
        odd = self.memory.odd(AT_SENDER)
        if odd == "half_open":
            await self._silence()
        if odd:
            self._say_and_hang_up(REFUSALS[odd])
        return OK

    def _recipient(self, line: str) -> bytes:
        odd = self.memory.odd(AT_RECIPIENT)
        if odd == "drop":
            raise HangUp
        if odd:
            return REFUSALS[odd]
        self.recipient = line.partition("<")[2].partition(">")[0]
        return OK

    async def _text(self) -> bytes:
        if not self.recipient:
            return b"503 5.5.1 No recipient\r\n"
        self.writer.write(b"354 Go\r\n")
        text = b"\r\n" + await self.reader.readuntil(b"\r\n.\r\n")
        message_id = _header(text, b"message-id")
        await self.memory.turn()
        odd = self.memory.odd(AT_TEXT)
        if odd in {"", "close_after", "silence"}:
            self.memory.keep(self.recipient, message_id, told=not odd)
        self.recipient = ""
        return await self._after_text(odd) if odd else OK

    async def _after_text(self, odd: str) -> bytes:
        if odd == "silence":
            await self._silence()
        if odd in {"close_after", "lose_after"}:
            raise HangUp
        if odd == "421_after":
            self._say_and_hang_up(REFUSALS[odd])
        return REFUSALS[odd]

    async def _silence(self) -> None:
        """Nothing is said any more; the other side gives up some day."""
        await asyncio.sleep(SILENCE_SECONDS)
        raise HangUp

    def _say_and_hang_up(self, reply: bytes) -> None:
        self.writer.write(reply)
        raise HangUp


def _header(text: bytes, name: bytes) -> str:
    head = text.partition(b"\r\n\r\n")[0]
    at = head.lower().find(b"\r\n" + name + b":")
    return head[at + len(name) + 3 :].split(b"\r\n")[0].decode().strip() if at >= 0 else ""


async def main(port: int, path: Path) -> None:
    memory = Memory(path)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Talk(memory, reader, writer).run()

    server = await asyncio.start_server(talk, "127.0.0.1", port, limit=LIMIT)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
