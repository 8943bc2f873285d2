"""`manage.py inbound`: the door for mail that comes back."""

import asyncio
import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from mail.inbound import listener
from mail.listening import serve


class Command(BaseCommand):
    requires_system_checks: list[str] = []  # they would load every page
    help = "Take mail to the signed addresses of this installation (MX of COMM100_MAIL_HOST)."

    def add_arguments(self, parser: CommandParser) -> None:
        default = "0" if settings.LOCAL else "2525"  # 0: any free one, nobody writes to it
        port = int(os.environ.get("INBOUND_PORT", default))
        parser.add_argument("--port", type=int, default=port)
        parser.add_argument("--host", default=os.environ.get("INBOUND_HOST", "127.0.0.1"))
        lmtp = os.environ.get("INBOUND_LMTP", "") not in {"", "0"}
        parser.add_argument("--lmtp", action="store_true", default=lmtp)

    def handle(self, *args: Any, **options: Any) -> None:
        server = listener(lmtp=options["lmtp"])
        asyncio.run(serve(server, options["host"], options["port"]))
