"""What a moderator compares with: the last approved one, the readers' origin, the site's answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from newsletter.background import word_by_word
from newsletter.models import Campaign, Decision
from privacy.models import AccessGrant
from tests.staff.conftest import decide, fresh, look, url_of, waiting_campaign
from visitors.models import Contact

State = Campaign.State


def body(words, link="https://acme.example/work"):
    return f'<p>Dear {{{{ name | reader }}}}, {words}</p><p><a href="{link}">Read</a></p>'


@pytest.mark.policy("P9.4")
def test_a_moderator_sees_what_changed_since_the_last_approved_one(moderator, acme):
    first = waiting_campaign(acme, "Autumn news", body=body("come on Monday."))
    page_of_first = look(moderator, first) and moderator.get(url_of(first)).content.decode()
    assert "Changed since" not in page_of_first
    decide(moderator, first, "approve", look(moderator, first))

    other = body("come on Friday.", "https://acme.example/else")
    second = waiting_campaign(acme, "Winter news", body=other)
    look(moderator, second)
    page = moderator.get(url_of(second)).content.decode()
    assert "<del>Autumn </del><ins>Winter </ins>news" in page
    assert "<del>Monday." in page
    assert "<ins>Friday." in page
    assert "<ins>https://acme.example/else</ins>" in page
    assert "<del>https://acme.example/work</del>" in page


def test_what_stayed_is_cut_to_the_words_around_a_change():
    same = " ".join(f"word{at}" for at in range(100))
    pieces = word_by_word(f"{same} old end", f"{same} new end")
    assert [kind for kind, _ in pieces] == ["=", "…", "=", "-", "+", "="]
    assert len("".join(words for _, words in pieces)) < 200


@pytest.mark.policy("P9.4")
def test_where_the_readers_come_from_is_shown_as_counts(moderator, acme):
    campaign = waiting_campaign(acme)
    look(moderator, campaign)
    page = moderator.get(url_of(campaign)).content.decode()
    assert "Where the readers come from" in page
    assert "Added by an operator" in page
    assert "Consent: confirmed by double opt-in" in page
    assert acme.customer.email not in page


def test_an_address_that_nobody_subscribes_with_is_a_reason_to_look(acme):
    Site.objects.filter(pk=acme.site.pk).update(
        standing=Site.Standing.TRUSTED, created_at=timezone.now() - timedelta(days=90)
    )
    with working_for(acme.site.pk):
        acme.customer.set_email("abuse@isp.example")
        acme.customer.save()
        assert Contact.objects.filter(email_norm="abuse@isp.example").exists()
    campaign = waiting_campaign(acme)
    assert [facts["key"] for facts in campaign.triggers] == ["trap_addresses"]
    assert campaign.state == State.MODERATION_NEEDED


def test_some_campaigns_of_trusted_sites_are_looked_at_all_the_same(acme, settings):
    Site.objects.filter(pk=acme.site.pk).update(
        standing=Site.Standing.TRUSTED, created_at=timezone.now() - timedelta(days=90)
    )
    settings.MODERATION_SAMPLE = 1.0
    campaign = waiting_campaign(acme)
    assert [facts["key"] for facts in campaign.triggers] == ["sample"]
    assert campaign.state == State.MODERATION_NEEDED


@pytest.mark.policy("P9.4")
def test_an_appeal_goes_to_another_moderator_with_exactly_the_same_content(
    moderator, second_moderator, acme, sign_in
):
    campaign = waiting_campaign(acme)
    seen = look(moderator, campaign)
    decide(moderator, campaign, "reject", seen, reasons=["imitation"])
    client, where = sign_in(acme.owner), acme.url(f"newsletter/{campaign.number}/")
    assert "Answer the rejection" in client.get(where).content.decode()
    short = client.post(f"{where}appeal/", {"words": "No."})
    assert short.status_code == 422
    words = "We are that company: the domain is registered to us since 1998."
    for _ in range(2):
        client.post(f"{where}appeal/", {"words": words})

    assert fresh(campaign).state == State.MODERATION_NEEDED
    assert "You appealed: a moderator who did not decide before" in client.get(where).text
    moderator.post(url_of(campaign, "opening/"))  # who rejected it
    assert words not in moderator.get(url_of(campaign)).content.decode()
    assert look(second_moderator, campaign) == seen
    assert words in second_moderator.get(url_of(campaign)).content.decode()
    decide(second_moderator, campaign, "approve", seen)
    assert fresh(campaign).state in {State.APPROVED, State.SENDING, State.SENT}
    with working_for(acme.site.pk):
        assert JournalEntry.objects.filter(action="campaign.appealed").count() == 1
        assert Decision.objects.order_by("at").last().is_reversal
    page = second_moderator.get("/staff/moderation/figures/").content.decode()
    assert "Reversed on appeal" in page


@pytest.mark.policy("P9.4")
def test_opening_is_a_grant_that_ends_with_the_decision_or_an_edit(moderator, staff, acme, sign_in):
    campaign = waiting_campaign(acme)
    look(moderator, campaign)
    with working_for(acme.site.pk):
        grant = AccessGrant.objects.get()
        assert (grant.purpose, grant.staff_id) == ("newsletter_moderation", staff.pk)
        assert grant.reference == f"campaign {campaign.number}"
        assert grant.is_active
        entry = JournalEntry.objects.get(action="moderation.opened")
        assert entry.detail["grant"] == grant.pk
    sign_in(acme.editor).post(acme.url(f"newsletter/{campaign.number}/draft/"))
    with working_for(acme.site.pk):
        assert not AccessGrant.objects.get().is_active
    assert moderator.get(url_of(campaign)).status_code == 404


def test_a_moderator_confirms_trust_that_was_earned(moderator, acme):
    for _ in range(3):
        campaign = waiting_campaign(acme)
        decide(moderator, campaign, "approve", look(moderator, campaign))
    page = moderator.get("/staff/moderation/figures/").content.decode()
    assert "Earned trust" in page
    for _ in range(2):
        moderator.post(f"/staff/moderation/{acme.site.slug}/trust/")
    acme.site.refresh_from_db()
    assert acme.site.standing == Site.Standing.TRUSTED
    with working_for(acme.site.pk):
        told = JournalEntry.objects.get(action="site.standing_changed")
        assert "3 campaigns approved" in told.detail["reason"]
    assert "Earned trust" not in moderator.get("/staff/moderation/figures/").content.decode()
