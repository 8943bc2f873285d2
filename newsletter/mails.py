"""Letters of the newsletter to single persons: confirm a subscription, what moderators said."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from comm100.core.letters import write_letter
from comm100.core.tokens import make_token
from newsletter.models import Campaign, Decision, Subscriber
from newsletter.reasons import reasons_for
from newsletter.timing import is_overdue
from newsletter.triggers import triggers_of
from operators.models import Operator

CONFIRM = "confirm-subscription"
CONFIRM_SECONDS = 7 * 24 * 3600
HEADLINES = {
    Decision.Verdict.APPROVED: "was approved",
    Decision.Verdict.CHANGES_REQUESTED: "needs changes",
    Decision.Verdict.REJECTED: "was rejected",
}


def confirmation(place: Subscriber) -> EmailMultiAlternatives:
    """Needs `place` with its contact, list and site."""
    token = make_token(CONFIRM, place.site_id, place.pk, seconds=CONFIRM_SECONDS)
    path = reverse("newsletter_public:confirm", args=[place.site.slug, token])
    return write_letter(
        "newsletter/mail/confirmation",
        to=place.contact.email,
        site=place.site,
        list=place.list,
        wording=place.wording,
        url=f"{settings.PUBLIC_URL}{path}",
    )


def missed_letter(campaign: Campaign, *, to: Operator) -> EmailMultiAlternatives:
    """A campaign waits for a person: its time passed. Needs the campaign with its site."""
    return write_letter(
        "newsletter/mail/missed",
        to=to.user.email,
        recipient=to.user,
        campaign=campaign,
        site=campaign.site,
        link=settings.PUBLIC_URL + campaign.get_absolute_url(),
    )


def stopped_letter(campaign: Campaign, *, to: Operator) -> EmailMultiAlternatives:
    """Bounces or complaints stopped it. Needs the campaign with its site."""
    return write_letter(
        "newsletter/mail/stopped",
        to=to.user.email,
        recipient=to.user,
        campaign=campaign,
        site=campaign.site,
        trigger=next((one for one in triggers_of(campaign) if one.key == "bad_results"), None),
        link=settings.PUBLIC_URL + campaign.get_absolute_url(),
    )


def decision_letter(decision: Decision, *, to: Operator) -> EmailMultiAlternatives:
    """What a moderator decided; needs the decision with its campaign and site."""
    campaign, verdict = decision.campaign, Decision.Verdict(decision.verdict)
    return write_letter(
        "newsletter/mail/decision",
        to=to.user.email,
        recipient=to.user,
        campaign=campaign,
        site=campaign.site,
        headline=HEADLINES[verdict],
        approved=verdict == Decision.Verdict.APPROVED,
        missed=verdict == Decision.Verdict.APPROVED and is_overdue(campaign),
        rejected=verdict == Decision.Verdict.REJECTED,
        reasons=reasons_for(decision.reasons),
        note=decision.note,
        link=settings.PUBLIC_URL + campaign.get_absolute_url(),
    )
