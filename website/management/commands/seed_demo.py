"""`manage.py seed_demo`: a demo to look around in, and its sign-ins."""

from typing import Any

from django.core.management.base import BaseCommand

from website.seeding import seed_demo


class Command(BaseCommand):
    help = "Makes a demo site with people, contacts and campaigns. Nothing is mailed."

    def handle(self, *args: Any, **options: Any) -> None:
        seed_demo(self.stdout.write)
