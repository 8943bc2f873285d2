"""`manage.py letterbox`: the mail server of a development machine, seen at /letterbox/."""

import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mail.letterbox import Keeper, Letterbox


class Command(BaseCommand):
    help = "Take every mail that is sent here and keep it for /letterbox/. For development only."

    def add_arguments(self, parser: CommandParser) -> None:
        port = int(os.environ.get("LETTERBOX_PORT", "2525"))
        parser.add_argument("--port", type=int, default=port)
        parser.add_argument("--data", type=Path, default=settings.DATA_DIR / "letterbox")

    def handle(self, *args: Any, **options: Any) -> None:
        keeper = Keeper(Letterbox(options["data"]))
        server = partial(SMTP, keeper, enable_SMTPUTF8=True, ident="letterbox")
        asyncio.run(serve(server, "127.0.0.1", options["port"]))


async def serve(server: Any, host: str, port: int) -> None:
    """Listen until TERM or INT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    listener = await loop.create_server(partial(server, loop=loop), host, port)
    await stop.wait()
    listener.close()
