"""`bin/manage classify_mail FILE…`: what each mail is, one JSON object a line."""

from argparse import ArgumentParser
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand

from mail.reading.command import classify


class Command(BaseCommand):
    """manage.py itself runs this without Django; here it stands for `help` and `call_command`."""

    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        classify(options["files"], cast("TextIO", self.stdout))
