"""A mail server that throws everything away as fast as it can: `python -m bench.sink PORT FILE`.

Recipients go to FILE, one a line, so that a run can prove that each got exactly one.
"""

import asyncio
import sys
from pathlib import Path
from typing import Any, TextIO

HELLO = b"250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"


class Sink(asyncio.Protocol):
    def __init__(self, told: TextIO) -> None:
        self.told, self.held, self.in_data = told, b"", False

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self.held += data
        replies = []
        while (reply := self._next()) is not None:
            replies.append(reply)
        if replies:
            self.transport.write(b"".join(replies))

    def _next(self) -> bytes | None:
        """The reply to the next whole command or body; None when more must come first."""
        end = b"\r\n.\r\n" if self.in_data else b"\r\n"
        line, found, rest = self.held.partition(end)
        if not found:
            return None
        self.held = rest
        if self.in_data:
            self.in_data = False
            return b"250 ok\r\n"
        return self._reply(line)

    def _reply(self, line: bytes) -> bytes:
        verb = line[:4].upper()
        if verb == b"EHLO":
            return HELLO
        if verb == b"DATA":
            self.in_data = True
            return b"354 go\r\n"
        if verb == b"RCPT":
            self.told.write(line.decode().partition(":")[2] + "\n")
            self.told.flush()
        if verb == b"QUIT":
            asyncio.get_running_loop().call_later(0.01, self.transport.close)
        return b"250 ok\r\n"


async def main(port: int, path: Path) -> None:
    with path.open("a") as told:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: Sink(told), "127.0.0.1", port)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2])))
