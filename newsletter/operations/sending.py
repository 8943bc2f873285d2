"""Send campaigns: submit, release, hold, resume, cancel (docs/mail.md, "Moderation")."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Site
from comm100.core.events import publish
from comm100.core.journal import Actor, record
from mail import operations as mail
from mail.content import MailingContent
from mail.models import Mailing
from newsletter.composing import audience_size, checklist, compose, custom_keys
from newsletter.events import CampaignReleased, CampaignSubmitted
from newsletter.models import Campaign, Decision, Subscriber
from newsletter.triggers import triggers_for
from operators.models import Operator
from visitors.models import Contact

State = Campaign.State
SUBMITTABLE = (State.DRAFT, State.CHANGES_REQUESTED)
STATE_BY_MAILING = {
    Mailing.State.FILLING: State.SENDING,
    Mailing.State.OPEN: State.SENDING,
    Mailing.State.HELD: State.HELD,
    Mailing.State.DONE: State.SENT,
}


class SiteSuspended(Exception):
    """The company stopped the newsletter of this site."""


class NotReady(Exception):
    """Checks of the list did not pass: `problems` are sentences."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class TimeHasPassed(Exception):
    """The time that was asked for lies behind us."""


@transaction.atomic
def submit_campaign(
    campaign: Campaign, *, by: Operator, wanted_at: datetime | None = None
) -> Campaign:
    """Freeze what would be sent; it leaves at `wanted_at`, or as soon as it may.

    A campaign that was submitted already stays as it is: a second click sends nothing twice.

    Raises:
        SiteSuspended, NotReady, TimeHasPassed
    """
    campaign = _locked(campaign)
    if campaign.state not in SUBMITTABLE:
        return campaign
    site = Site.objects.get(pk=campaign.site_id)
    if site.standing == Site.Standing.SUSPENDED:
        raise SiteSuspended
    if wanted_at and wanted_at <= timezone.now():
        raise TimeHasPassed
    content = _checked(campaign, site)
    campaign.mailing = mailing = _frozen(content)
    campaign.audience_size = audience_size(campaign.chosen_lists)
    campaign.triggers = [trigger.as_json() for trigger in triggers_for(campaign, content)]
    campaign.wanted_at, campaign.submitted_at = wanted_at, timezone.now()
    campaign.decided_at = campaign.claimed_by = campaign.claimed_until = None
    campaign.state = State.MODERATION_NEEDED
    campaign.revision += 1
    campaign.edited_in = ""  # a tab that was left open does not take it back to draft
    campaign.save()
    words = bytes(mailing.content_hash).hex()
    record("campaign.submitted", campaign, by=by, content_hash=words, later=bool(wanted_at))
    publish(CampaignSubmitted(site_id=site.pk, campaign_id=campaign.pk, by_id=by.pk))
    passes = site.standing == Site.Standing.TRUSTED and not campaign.triggers
    return _passed(campaign, mailing) if passes else campaign


@transaction.atomic
def release_campaign(campaign: Campaign) -> Campaign:
    """The mailing is approved: it starts now, or at its time (tasks.start_due_campaigns)."""
    later = bool(campaign.wanted_at and campaign.wanted_at > timezone.now())
    campaign.state = State.SCHEDULED if later else State.APPROVED
    campaign.decided_at = timezone.now()
    campaign.save(update_fields=["state", "decided_at"])
    record("campaign.released", campaign, by="system", later=later)
    publish(CampaignReleased(site_id=campaign.site_id, campaign_id=campaign.pk))
    return campaign if later else start_campaign(campaign)


@transaction.atomic
def start_campaign(campaign: Campaign) -> Campaign:
    """Its time has come: the outbox fills (a reaction to MailingStarted). Safe to run twice."""
    campaign = _locked(campaign)
    if campaign.state not in {State.APPROVED, State.SCHEDULED} or campaign.mailing is None:
        return campaign
    mail.start_mailing(campaign.mailing, not_before=campaign.wanted_at)
    campaign.state = State.SENDING
    campaign.save(update_fields=["state"])
    return campaign


@transaction.atomic
def hold_campaign(campaign: Campaign, *, by: Actor, reason: str = "") -> bool:
    """Stop within one batch; answer whether it was on its way."""
    campaign = _locked(campaign)
    if campaign.mailing is None or not mail.hold_mailing(campaign.mailing, reason=reason, by=by):
        return False
    return follow_mailing(campaign)


@transaction.atomic
def resume_campaign(campaign: Campaign, *, by: Actor) -> bool:
    """Go on. Raises mail.OverCap when it has more readers than were approved."""
    campaign = _locked(campaign)
    if campaign.mailing is None or not mail.resume_mailing(campaign.mailing, by=by):
        return False
    return follow_mailing(campaign)


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: Actor) -> bool:
    """Send no more of it, for good; answer whether that changed anything."""
    campaign = _locked(campaign)
    if campaign.state in {State.SENT, State.CANCELLED, State.REJECTED}:
        return False
    if campaign.mailing:
        mail.cancel_mailing(campaign.mailing, by=by)
    was = State(campaign.state).name.lower()
    campaign.state = State.CANCELLED
    campaign.save(update_fields=["state"])
    record("campaign.cancelled", campaign, by=by, was=was)
    return True


@transaction.atomic
def resend_unknown(campaign: Campaign, *, by: Operator) -> int:
    """Send those again of whom a crash left open whether they got it; answer how many."""
    campaign = _locked(campaign)
    count = mail.resend_unknown(campaign.mailing, by=by) if campaign.mailing else 0
    follow_mailing(campaign)
    return count


@transaction.atomic
def follow_mailing(campaign: Campaign) -> bool:
    """Let the campaign say what its mailing does; answer whether that changed anything."""
    if campaign.mailing_id is None or campaign.state == State.CANCELLED:
        return False
    mailing = Mailing.objects.without_content().get(pk=campaign.mailing_id)
    state = STATE_BY_MAILING.get(Mailing.State(mailing.state), campaign.state)
    if state == campaign.state:
        return False
    campaign.state = state
    campaign.save(update_fields=["state"])
    return True


def readers_of(campaign: Campaign) -> QuerySet[Contact]:
    """Who gets it: contacts who subscribed to a list of it, with consent; each once."""
    places = Subscriber.objects.subscribed().filter(
        contact=OuterRef("pk"), list__in=campaign.list_ids
    )
    return Contact.objects.with_consent().filter(Exists(places))


def _locked(campaign: Campaign) -> Campaign:
    return Campaign.objects.select_for_update().get(pk=campaign.pk)


def _checked(campaign: Campaign, site: Site) -> MailingContent:
    content = compose(campaign, site)
    checks = checklist(campaign, content, custom_keys())
    problems = [text for check in checks if check.stops for text in check.problems]
    if problems:
        raise NotReady(problems)
    return content


def _frozen(content: MailingContent) -> Mailing:
    try:
        return mail.freeze(content)
    except mail.ContentRefused as error:
        raise NotReady([str(error)]) from error


def _passed(campaign: Campaign, mailing: Mailing) -> Campaign:
    """A trusted site needs no moderator; what was sent is on record all the same."""
    content_hash = bytes(mailing.content_hash)
    Decision.objects.create(
        site_id=campaign.site_id,
        campaign=campaign,
        content_hash=content_hash,
        verdict=Decision.Verdict.PASSED,
    )
    mail.approve_mailing(mailing, content_hash=content_hash)
    return release_campaign(campaign)
