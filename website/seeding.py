"""What stands before the first visitor comes: the company's own site, and the demo."""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from accounts.models import Site
from comm100.core.tenancy import working_for
from privacy.documents import publish_files
from privacy.operations.subprocessor import note_subprocessors
from visitors.models import CustomField
from website.demo import scene
from website.members import product_news_list
from website.operations import WEB_URL

# Groups of staff that come with the house, and what each may do
GROUPS = {
    "Moderators": {"newsletter": ["add_decision"]},
    "Support": {"privacy": ["add_accessgrant"], "accounts": ["view_site"]},
    "Auditors": {"privacy": ["view_accessgrant"]},
    "Service notices": {"website": ["add_notice"]},
}


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
        product_news_list()
    _seed_groups()
    publish_files()
    note_subprocessors()
    return site


def _seed_groups() -> None:
    """Given in the staff admin; what the company made of a group stays as it is."""
    for name, rights in GROUPS.items():
        group, is_new = Group.objects.get_or_create(name=name)
        for app, codenames in rights.items() if is_new else ():
            allowed = Permission.objects.filter(content_type__app_label=app)
            group.permissions.add(*allowed.filter(codename__in=codenames))


def seed_demo(print_: Callable[[str], object] = print) -> None:
    """A site with people, contacts and campaigns; then how to sign in. Nothing is mailed.

    Safe to repeat: a demo that is there stays as it is, one that was interrupted goes on.
    """
    seed_company()
    scene.set_up()
    print_(f"Sign in to the demo; the password is the same for all: {scene.PASSWORD}")
    for persona in scene.CAST:
        print_(f"  {persona.email:<28} {persona.what}")
