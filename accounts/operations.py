"""What people do with accounts and sites."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from accounts.events import SiteFounded
from accounts.models import Site, User
from comm100.core.events import publish
from comm100.core.tenancy import working_for

RESERVED_SLUGS = {"company", "staff", "admin", "new", "www", "mail"}


@transaction.atomic
def found_site(*, by: User, web_url: str, name: str = "", **optional: Any) -> Site:
    """Make the site of a new owner; its slug comes from the web address, its name too if blank."""
    host = (urlsplit(web_url).hostname or "site").removeprefix("www.")
    site = Site.objects.create(
        slug=_free_slug(host), name=name or host, web_url=web_url, **optional
    )
    with working_for(site.pk):
        publish(SiteFounded(site_id=site.pk, founder_id=by.pk))
    return site


@transaction.atomic
def accept_documents(*, by: User) -> None:
    """Note which agreement and which policy a person accepted, and when (P11.1)."""
    by.policy_version = settings.POLICY_VERSION
    by.agreement_version = settings.AGREEMENT_VERSION
    by.accepted_at = timezone.now()
    by.save(update_fields=["policy_version", "agreement_version", "accepted_at"])


def _free_slug(host: str) -> str:
    stem = slugify(host.replace(".", "-"))[:40] or "site"
    first = slugify(host.split(".", maxsplit=1)[0])[:40]
    taken = set(Site.objects.filter(slug__startswith=first or stem).values_list("slug", flat=True))
    taken |= RESERVED_SLUGS
    if len(first) > 1 and first not in taken:
        return first
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, 10_000) if f"{stem}-{n}" not in taken)
