"""`python -m mail.listening`: the letterbox's mail server; development only, and without Django.

LETTERBOX_PORT and COMM100_DATA say where; what arrives is seen at /letterbox/.
"""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

from mail.letterbox import Keeper, Letterbox


async def serve(server: Any, host: str, port: int) -> None:
    """Listen until TERM or INT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    listener = await loop.create_server(partial(server, loop=loop), host, port)
    await stop.wait()
    listener.close()


def main() -> None:
    keeper = Keeper(Letterbox(Path(os.environ["COMM100_DATA"]) / "letterbox"))
    server = partial(SMTP, keeper, enable_SMTPUTF8=True, ident="letterbox")
    asyncio.run(serve(server, "127.0.0.1", int(os.environ["LETTERBOX_PORT"])))


if __name__ == "__main__":
    main()
