"""`manage.py seed_company`: make sure that the company's own site exists."""

from typing import Any

from django.core.management.base import BaseCommand

from website.seeding import seed_company


class Command(BaseCommand):
    help = "Makes the company the first site. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        seed_company()
