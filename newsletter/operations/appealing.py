"""The site answers a rejection, once; a moderator who did not reject it looks (P9.4)."""

from django.db import transaction
from django.utils import timezone

from accounts.models import Site
from comm100.core.events import publish
from comm100.core.journal import record
from mail import operations as mail
from mail.content import parse
from newsletter.events import CampaignSubmitted
from newsletter.models import Campaign, Decision
from newsletter.operations.following import locked
from newsletter.triggers import Trigger
from operators.models import Operator

State = Campaign.State


def may_appeal(campaign: Campaign) -> bool:
    return campaign.state == State.REJECTED and not campaign.appeal and bool(campaign.mailing_id)


@transaction.atomic
def appeal_campaign(campaign: Campaign, *, words: str, by: Operator) -> bool:
    """Exactly what was rejected goes to the queue again, under the same hash.

    Answers False when there is nothing to appeal against, or somebody did.
    """
    campaign = locked(campaign)
    suspended = Site.objects.filter(pk=campaign.site_id, standing=Site.Standing.SUSPENDED)
    if campaign.mailing is None or not may_appeal(campaign) or suspended.exists():
        return False
    last = Decision.objects.filter(campaign=campaign).order_by("-at").first()
    campaign.mailing = mail.freeze(parse(campaign.mailing.content))
    campaign.appeal, campaign.refused_by = words[:1000], last.staff_id if last else None
    campaign.state, campaign.submitted_at = State.MODERATION_NEEDED, timezone.now()
    campaign.decided_at = campaign.claimed_by = campaign.claimed_until = None
    campaign.triggers = [Trigger("appeal").as_json(), *campaign.triggers]
    campaign.save()
    words_hash = bytes(campaign.mailing.content_hash).hex()
    record("campaign.appealed", campaign, by=by, content_hash=words_hash)
    publish(CampaignSubmitted(site_id=campaign.site_id, campaign_id=campaign.pk, by_id=by.pk))
    return True
