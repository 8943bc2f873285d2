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
from newsletter.background import background_of
from newsletter.composing import audience_size, checklist, compose, custom_keys
from newsletter.events import CampaignMissed, CampaignReleased, CampaignSubmitted
from newsletter.models import Campaign, Decision, Subscriber
from newsletter.operations.following import follow_mailing, locked
from newsletter.operations.testing import in_part, is_unproven, restart_clock, start_samples
from newsletter.timing import Schedule, is_overdue
from newsletter.triggers import triggers_for
from operators.models import Operator
from visitors.models import Contact
from visitors.operations import open_to

State = Campaign.State
SUBMITTABLE = (State.DRAFT, State.CHANGES_REQUESTED)
AT_ONCE = Schedule()


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
def submit_campaign(campaign: Campaign, *, by: Operator, schedule: Schedule = AT_ONCE) -> Campaign:
    """Freeze what would be sent; it leaves as scheduled, or as soon as it may.

    A campaign that was submitted already stays as it is: a second click sends nothing twice.

    Raises:
        SiteSuspended, NotReady, TimeHasPassed
    """
    campaign = locked(campaign)
    if campaign.state not in SUBMITTABLE:
        return campaign
    site = Site.objects.get(pk=campaign.site_id)
    if site.standing == Site.Standing.SUSPENDED:
        raise SiteSuspended
    _take_schedule(campaign, schedule)
    content = _checked(campaign, site)
    campaign.mailing = mailing = _frozen(content)
    campaign.audience_size = audience_size(campaign.chosen_lists)
    campaign.background = background_of(campaign, content)
    campaign.triggers = [trigger.as_json() for trigger in triggers_for(campaign, content)]
    campaign.submitted_at = timezone.now()
    campaign.decided_at = campaign.claimed_by = campaign.claimed_until = None
    campaign.stopped_at = campaign.refused_by = None
    campaign.state = State.MODERATION_NEEDED
    campaign.revision += 1
    campaign.edited_in = ""  # a tab that was left open does not take it back to draft
    campaign.save()
    words = bytes(mailing.content_hash).hex()
    later = bool(schedule.wanted_at)
    record("campaign.submitted", campaign, by=by, content_hash=words, later=later)
    publish(CampaignSubmitted(site_id=site.pk, campaign_id=campaign.pk, by_id=by.pk))
    passes = site.standing == Site.Standing.TRUSTED and not campaign.triggers
    return _passed(campaign, mailing) if passes else campaign


@transaction.atomic
def release_campaign(campaign: Campaign) -> Campaign:
    """The mailing is approved: it starts now, or at its time (tasks.start_due_campaigns)."""
    later = bool(campaign.starts_at and campaign.starts_at > timezone.now())
    campaign.state = State.SCHEDULED if later else State.APPROVED
    campaign.decided_at = timezone.now()
    campaign.save(update_fields=["state", "decided_at"])
    record("campaign.released", campaign, by="system", later=later)
    publish(CampaignReleased(site_id=campaign.site_id, campaign_id=campaign.pk))
    return campaign if later else start_campaign(campaign)


@transaction.atomic
def start_campaign(campaign: Campaign) -> Campaign:
    """Its time has come: the outbox fills (a reaction to MailingStarted). Safe to run twice.

    When its time passed more than two hours ago, a person says whether it still is to leave.
    """
    campaign = locked(campaign)
    if campaign.state not in {State.APPROVED, State.SCHEDULED} or campaign.mailing is None:
        return campaign
    if is_overdue(campaign):
        return _missed(campaign)
    if campaign.is_test:
        start_samples(campaign)
        return campaign
    mail.start_mailing(
        campaign.mailing, not_before=campaign.starts_at, unproven=is_unproven(campaign)
    )
    campaign.state = State.SENDING
    campaign.save(update_fields=["state"])
    return campaign


@transaction.atomic
def reschedule_campaign(campaign: Campaign, *, by: Operator, schedule: Schedule = AT_ONCE) -> bool:
    """Another time for what is approved and has not left: at once, too. Nothing else changes.

    Answers False when it is on its way, or was.

    Raises:
        SiteSuspended, TimeHasPassed
    """
    campaign = locked(campaign)
    if campaign.is_missed:
        return _resume_missed(campaign, by=by, schedule=schedule)
    if campaign.state not in {State.SCHEDULED, State.OVERDUE}:
        return False
    if Site.objects.filter(pk=campaign.site_id, standing=Site.Standing.SUSPENDED).exists():
        raise SiteSuspended
    _take_schedule(campaign, schedule)
    campaign.state = State.SCHEDULED
    campaign.save(update_fields=["wanted_at", "fallback_zone", "starts_at", "state"])
    record("campaign.rescheduled", campaign, by=by, wanted_at=schedule.wanted_at)
    if schedule.starts_at is None or schedule.starts_at <= timezone.now():
        start_campaign(campaign)
    return True


def _resume_missed(campaign: Campaign, *, by: Operator, schedule: Schedule) -> bool:
    if schedule.wanted_at and schedule.wanted_at <= timezone.now():
        raise TimeHasPassed
    if schedule.fallback_zone:
        raise NotReady(["A part of it has left: the rest goes at one moment."])
    record("campaign.rescheduled", campaign, by=by, wanted_at=schedule.wanted_at)
    return resume_campaign(campaign, by=by, not_before=schedule.starts_at)


@transaction.atomic
def hold_campaign(
    campaign: Campaign,
    *,
    by: Actor | str,
    reason: str = "",
    held_for: int = Mailing.HeldFor.PERSON,
) -> bool:
    """Stop within one batch; answer whether it was on its way."""
    campaign = locked(campaign)
    held = [
        mail.hold_mailing(row, reason=reason, held_for=held_for, by=by) for row in campaign.parts
    ]
    follow_mailing(campaign)
    return any(held)


@transaction.atomic
def resume_campaign(
    campaign: Campaign,
    *,
    by: Actor | str,
    not_before: datetime | None = None,
    is_cleared: bool = False,
) -> bool:
    """Go on. is_cleared: a moderator looked at what it was stopped for.

    Raises:
        mail.OverCap: it has more readers than were approved.
        mail.HeldForResults: it waits for a moderator.
    """
    campaign = locked(campaign)
    resumed = [
        mail.resume_mailing(row, not_before=not_before, is_cleared=is_cleared, by=by)
        for row in campaign.parts
    ]
    if not any(resumed):
        return False
    restart_clock(campaign)
    return follow_mailing(campaign)


@transaction.atomic
def cancel_campaign(campaign: Campaign, *, by: Actor) -> bool:
    """Send no more of it, for good; answer whether that changed anything."""
    campaign = locked(campaign)
    if campaign.state in {State.SENT, State.CANCELLED, State.REJECTED}:
        return False
    whole = [campaign.mailing] if campaign.mailing and campaign.is_test else []
    for mailing in [*whole, *campaign.parts]:
        mail.cancel_mailing(mailing, by=by)
    was = State(campaign.state).name.lower()
    campaign.state = State.CANCELLED
    campaign.save(update_fields=["state"])
    record("campaign.cancelled", campaign, by=by, was=was)
    return True


@transaction.atomic
def resend_unknown(campaign: Campaign, *, by: Operator) -> int:
    """Send those again of whom a crash left open whether they got it; answer how many."""
    campaign = locked(campaign)
    count = sum(mail.resend_unknown(row, by=by) for row in campaign.parts)
    follow_mailing(campaign)
    return count


def readers_of(campaign: Campaign, mailing: Mailing) -> QuerySet[Contact]:
    """Whom this part of it goes to: who is on a list of it, and open to mail of its kind."""
    places = Subscriber.objects.subscribed().filter(
        contact=OuterRef("pk"), list__in=campaign.list_ids
    )
    readers = open_to(mailing.kind).filter(Exists(places))
    return in_part(readers, campaign, mailing) if campaign.is_test else readers


def _take_schedule(campaign: Campaign, schedule: Schedule) -> None:
    if schedule.wanted_at and schedule.wanted_at <= timezone.now():
        raise TimeHasPassed
    if campaign.is_test and schedule.fallback_zone:
        raise NotReady(["A test leaves at one moment: its winner is known only later."])
    campaign.wanted_at, campaign.fallback_zone = schedule.wanted_at, schedule.fallback_zone
    campaign.starts_at = schedule.starts_at


def _missed(campaign: Campaign) -> Campaign:
    """Held for a person, who is told: by this event, or by the letter of the late approval."""
    waited_for_its_time = campaign.state == State.SCHEDULED
    campaign.state = State.OVERDUE
    campaign.save(update_fields=["state"])
    record("campaign.missed", campaign, by="system", wanted_at=campaign.wanted_at)
    if waited_for_its_time:
        publish(CampaignMissed(site_id=campaign.site_id, campaign_id=campaign.pk))
    return campaign


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
