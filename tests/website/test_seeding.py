"""The company's own site stands before the first visitor comes."""

from django.conf import settings
from django.core.management import call_command

from accounts.models import Site
from website.seeding import seed_company


def test_the_company_is_the_first_site():
    call_command("seed_company")
    site = Site.objects.company()
    assert (site.slug, site.standing) == (settings.COMPANY_SLUG, Site.Standing.TRUSTED)


def test_seeding_again_follows_the_settings_and_makes_no_second_company(settings):
    seed_company()
    settings.COMPANY_NAME = "Another Name"
    assert seed_company().name == "Another Name"
    assert Site.objects.count() == 1
