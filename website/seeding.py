"""What stands before the first visitor comes: the company's own site."""

from django.conf import settings
from django.db import transaction

from accounts.models import Site
from comm100.core.tenancy import working_for
from visitors.models import CustomField
from website.operations import WEB_URL


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
    with working_for(site.pk):
        CustomField.objects.get_or_create(
            key=WEB_URL, site_id=site.pk, defaults={"label": "Web site URL"}
        )
    return site
