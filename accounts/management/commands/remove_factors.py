"""`manage.py remove_factors ADDRESS`: for who lost every second factor (docs/security-rules.md)."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import User
from accounts.operations import remove_factors
from comm100.core.addresses import normalise_email
from comm100.core.tenancy import Context, context


class Command(BaseCommand):
    help = "Removes the second factors of a person whose identity was proven in another way."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address")
        parser.add_argument("--proven", required=True, help="how, and by whom: for the log")

    def handle(self, *args: Any, address: str, proven: str, **options: Any) -> None:
        user = User.objects.filter(email=normalise_email(address)).first()
        if user is None:
            raise CommandError("No account has this address.")
        with context(Context(kind="user", user_id=user.pk)):
            count = remove_factors(user, proven=proven)
        self.stdout.write(f"{count} removed, all sessions ended, a letter is on its way.")
