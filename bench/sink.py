"""A mail server that throws everything away as fast as it can: `python -m bench.sink PORT FILE`.

For each mail it took, a line `<address> seconds since 1970` goes to FILE, so that a run can prove
that each recipient got exactly one, and tell how long a mail was under way.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import Any, TextIO

HELLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
END = b"\r\n.\r\n"
FLUSH_SECONDS = 0.05
ROOM = 2**18  # octets read at once; a command is shorter


class Sink(asyncio.BufferedProtocol):
    def __init__(self, told: TextIO) -> None:
        self.told, self.in_data, self.to = told, False, ""
        self.buffer, self.filled = bytearray(ROOM), 0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self.buffer)[self.filled :]

    def buffer_updated(self, nbytes: int) -> None:
        end, at, replies = self.filled + nbytes, 0, []
        while True:
            found = self.buffer.find(END if self.in_data else b"\r\n", at, end)
            if found < 0:
                break
            if self.in_data:
                replies.append(self._taken())
                at = found + len(END)
            else:
                replies.append(self._reply(self.buffer[at:found]))
                at = found + 2
        if self.in_data:  # of a body only the end may matter
            at = max(at, end - len(END))
        self.filled = end - at
        self.buffer[: self.filled] = self.buffer[at:end]
        if replies:
            self.transport.write(b"".join(replies))

    def _taken(self) -> bytes:
        self.in_data = False
        self.told.write(f"{self.to} {time.time():.4f}\n")
        return b"250 taken\r\n"

    def _reply(self, line: bytearray) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return HELLO
        if verb == b"DATA":
            self.in_data = True
            return b"354 go\r\n"
        if verb == b"RCPT":
            self.to = line.decode().partition(":")[2].partition(" ")[0]
        if verb == b"QUIT":
            asyncio.get_running_loop().call_later(0.01, self.transport.close)
            return b"221 bye\r\n"
        return b"250 ok\r\n"


async def main(port: int, path: Path) -> None:
    with path.open("a") as told:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Sink(told), "127.0.0.1", port)
        async with server:
            while True:
                await asyncio.sleep(FLUSH_SECONDS)
                told.flush()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
