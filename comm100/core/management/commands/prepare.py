"""`manage prepare`: roles, migrations and the wall; on request the company and the demo."""

import os
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from comm100.core.prepare import prepare_database
from comm100.core.probes import forget_probes

SIGN_INS = "sign-ins.txt"  # comm100/embedded/serve.py tells it again at each start


class Command(BaseCommand):
    help = "Make the database of DATABASE_URL ready to serve. Needs an account that makes roles."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--company", action="store_true", help="make sure of its own site")
        parser.add_argument("--demo", action="store_true", help="fill the house when it is empty")

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_database(os.environ["DATABASE_URL"], verbosity=options["verbosity"] - 1)
        forget_probes()
        if options["company"]:
            call_command("seed_company")
        if options["demo"]:
            self._fill()

    def _fill(self) -> None:
        """Seed the demo into a house where nobody signed up; again when that was interrupted."""
        begun = settings.DATA_DIR / "demo-begun"
        if get_user_model().objects.exists() and not begun.exists():
            return
        begun.touch()
        self.stdout.write("filling the house with a demo (once) …")
        told = StringIO()
        call_command("seed_demo", stdout=told)
        (settings.DATA_DIR / SIGN_INS).write_text(told.getvalue())
        begun.unlink()
