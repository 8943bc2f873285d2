"""`manage prepare`: roles, migrations, the wall and the company's own site; safe to repeat."""

import os
from typing import Any

from django.core.management.base import BaseCommand

from comm100.core.prepare import prepare_database


class Command(BaseCommand):
    help = "Make the database of DATABASE_URL ready to serve. Needs an account that makes roles."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        prepare_database(os.environ["DATABASE_URL"], verbosity=options["verbosity"] - 1)
