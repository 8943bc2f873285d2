"""What brings a trusted site's campaign before a moderator, and what does not (P9.4)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.tenancy import working_for
from newsletter.models import Campaign
from newsletter.triggers import domain_of
from tests.staff.conftest import waiting_campaign
from visitors.models import Import

State = Campaign.State


@pytest.fixture
def trusted(acme):
    Site.objects.filter(pk=acme.site.pk).update(
        standing=Site.Standing.TRUSTED, created_at=timezone.now() - timedelta(days=90)
    )
    acme.site.refresh_from_db()
    return acme


def keys(campaign):
    return [trigger["key"] for trigger in campaign.triggers]


def linked(href, words="here"):
    return f'<p>Read it <a href="{href}">{words}</a></p>'


def test_a_trusted_site_passes_when_nothing_is_odd(trusted):
    campaign = waiting_campaign(trusted)
    assert keys(campaign) == []
    assert campaign.state in {State.APPROVED, State.SENDING, State.SENT}


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        (linked("https://bit.ly/3x"), ["link_shortener", "new_link_domain"]),
        (linked("https://elsewhere.example/a"), ["new_link_domain"]),
        (linked("https://shop.acme.example/a"), []),
        (
            linked("https://elsewhere.example/a", "Verify your password"),
            ["new_link_domain", "credential_words"],
        ),
        ("<p>We never ask for your password.</p>", []),
    ],
)
def test_what_the_letter_holds_can_bring_it_to_the_queue(trusted, body, wanted):
    campaign = waiting_campaign(trusted, body=body)
    assert keys(campaign) == wanted
    assert (campaign.state == State.MODERATION_NEEDED) is bool(wanted)


def test_a_domain_that_was_approved_once_is_no_news(trusted):
    with working_for(trusted.site.pk):
        from mail.operations import approve_mailing

        first = waiting_campaign(trusted, body=linked("https://elsewhere.example/a"))
        approve_mailing(first.mailing, content_hash=bytes(first.mailing.content_hash), by="test:1")
    again = waiting_campaign(trusted, body=linked("https://elsewhere.example/b"))
    assert keys(again) == []


def test_a_far_larger_audience_than_usual_is_looked_at(trusted):
    campaign = waiting_campaign(trusted)
    with working_for(trusted.site.pk):
        from mail.content import parse
        from newsletter.triggers import triggers_for

        Campaign.objects.filter(pk=campaign.pk).update(state=State.SENT, audience_size=100)
        for size, odd in [(300, False), (301, True)]:
            campaign.audience_size = size
            found = triggers_for(campaign, parse(campaign.mailing.content))
            assert [t.key for t in found] == (["unusual_audience"] if odd else [])


@pytest.mark.parametrize(("age", "wanted"), [(1, ["large_import"]), (30, [])])
def test_a_large_recent_import_is_looked_at(trusted, age, wanted):
    with working_for(trusted.site.pk):
        Import.objects.create(
            site=trusted.site,
            number=1,
            file_name="x.csv",
            stored_as="x",
            created=600,
            created_at=timezone.now() - timedelta(days=age),
        )
    assert keys(waiting_campaign(trusted)) == wanted


def test_a_new_site_is_always_looked_at(acme):
    campaign = waiting_campaign(acme)
    assert keys(campaign) == ["first_campaign", "young_account"]
    assert campaign.state == State.MODERATION_NEEDED


@pytest.mark.no_db
@pytest.mark.parametrize(
    ("link", "domain"),
    [
        ("https://shop.acme.example/a?b", "acme.example"),
        ("HTTPS://WWW.Acme.CO.UK.", "acme.co.uk"),
        ("acme.example", "acme.example"),
        ("https://10.0.0.1/x", "10.0.0.1"),
        ("mailto:ann@acme.example", ""),
        ("http://[broken", ""),
        ("", ""),
    ],
)
def test_the_domain_of_a_link(link, domain):
    assert domain_of(link) == domain
