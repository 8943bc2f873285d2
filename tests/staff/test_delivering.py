"""What a moderator's decision does over real SMTP: approved letters leave, others never do."""

import pytest

from accounts.models import Site
from accounts.operations import change_standing
from comm100.core.tenancy import working_for
from mail.models import Outbox
from tests.staff.conftest import decide, look, waiting_campaign


@pytest.mark.policy("P9.4")
def test_nothing_leaves_before_approval_and_then_just_what_was_seen(moderator, acme, post_office):
    campaign = waiting_campaign(acme)
    post_office.deliver()
    assert post_office.to(acme.customer.email) == []

    decide(moderator, campaign, "approve", look(moderator, campaign))
    post_office.deliver()
    (letter,) = post_office.to(acme.customer.email)
    assert letter.subject == campaign.subject
    assert "Cat Customer" in letter.text
    (told,) = post_office.to(acme.owner.user.email)
    assert "was approved" in told.subject


@pytest.mark.parametrize("decision", ["changes", "reject"])
@pytest.mark.policy("P9.4")
def test_a_refused_campaign_leaves_nothing_but_the_news_of_it(
    moderator, acme, post_office, decision
):
    campaign = waiting_campaign(acme)
    decide(moderator, campaign, decision, look(moderator, campaign), note="Say who you are")
    post_office.deliver()
    assert post_office.to(acme.customer.email) == []
    (told,) = post_office.to(acme.editor.user.email)
    assert "Say who you are" in told.text


@pytest.mark.policy("P9.4")
def test_a_suspended_site_sends_nothing_until_it_is_restored(moderator, staff, acme, post_office):
    campaign = waiting_campaign(acme)
    change_standing(acme.site, standing=Site.Standing.SUSPENDED, reason="Spam", by=staff)
    decide(moderator, campaign, "approve", look(moderator, campaign))
    post_office.deliver()
    with working_for(acme.site.pk):
        assert Outbox.objects.filter(mailing=campaign.mailing_id).unsent().count() == 1
    assert post_office.to(acme.customer.email) == []

    change_standing(acme.site, standing=Site.Standing.TRUSTED, reason="Cleared up", by=staff)
    post_office.deliver()
    assert len(post_office.to(acme.customer.email)) == 1
