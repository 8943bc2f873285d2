"""What stands before the first visitor comes: the company's own site."""

from django.conf import settings
from django.db import transaction

from accounts.models import Site


@transaction.atomic
def seed_company() -> Site:
    """The company is the first site; its name and address follow the settings. Safe to repeat."""
    facts = {"name": settings.COMPANY_NAME, "web_url": settings.PUBLIC_URL}
    site, _ = Site.objects.update_or_create(
        is_company=True,
        defaults=facts,
        create_defaults=facts
        | {
            "slug": settings.COMPANY_SLUG,
            "is_company": True,
            "standing": Site.Standing.TRUSTED,
        },
    )
    return site
