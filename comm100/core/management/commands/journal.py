"""`bin/manage journal verify FILE [--head HASH]`: check a downloaded journal, offline."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from comm100.core import chain


class Command(BaseCommand):
    """manage.py itself runs this without Django; here it stands for `help` and `call_command`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        chain.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if code := chain.report(options["file"], options["head"], self.stdout):
            sys.exit(code)
