"""What moderators do: open a waiting campaign, and decide on exactly what they saw (P9.4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connections, transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.tenancy import reading_as_staff, working_for
from mail import operations as mail
from mail.models import Mailing
from newsletter.events import CampaignApproved, CampaignDecided, CampaignRejected, ChangesRequested
from newsletter.models import Campaign, Decision
from newsletter.operations.campaign import close_grants
from newsletter.operations.sending import cancel_campaign, release_campaign, resume_campaign

CLAIM = timedelta(minutes=30)
Verdict = Decision.Verdict
EVENTS: dict[int, type[CampaignDecided]] = {
    Verdict.APPROVED: CampaignApproved,
    Verdict.CHANGES_REQUESTED: ChangesRequested,
    Verdict.REJECTED: CampaignRejected,
}


@dataclass(frozen=True)
class Ruling:
    """What a moderator says: a verdict, keys of newsletter/reasons.py, own words."""

    verdict: int
    reasons: Sequence[str] = ()
    note: str = ""


class NotWaiting(Exception):
    """The campaign waits no longer: decided, edited or withdrawn meanwhile."""


class ChangedSinceYouLooked(NotWaiting):
    """The content is not what the moderator saw."""


class OpenedByAnother(Exception):
    """Another moderator is at it."""


class RefusedByYou(Exception):
    """The site appealed against this moderator's decision: somebody else looks."""


class NotPossible(Exception):
    """What was stopped in flight goes on or ends; it cannot be changed any more."""


PROBLEMS = {
    "not waiting": NotWaiting,
    "opened by another": OpenedByAnother,
    "refused by you": RefusedByYou,
}


def open_campaign(site: Site, number: int, *, by: User) -> None:
    """Claim a waiting campaign for one moderator, with a grant for its content alone.

    One transaction of the staff's connection writes claim, grant and journal; the content is read
    in another, which the database allows only after this one was committed (P9.4).

    Raises:
        NotWaiting, OpenedByAnother, RefusedByYou
    """
    with reading_as_staff(by.pk), connections["staff"].cursor() as cursor:
        minutes = int(CLAIM.total_seconds() // 60)
        cursor.execute(
            "SELECT problem FROM app.open_moderation(%s, %s, %s)", [site.pk, number, minutes]
        )
        (problem,) = cursor.fetchone()
    if problem:
        raise PROBLEMS[problem]


@transaction.atomic
def put_back(site: Site, number: int, *, by: User) -> None:
    """Give a campaign back to the queue, undecided. Safe to repeat."""
    with working_for(site.pk, kind="staff"):
        campaign = Campaign.objects.only("id").filter(number=number).first()
        mine = Campaign.objects.waiting().filter(number=number, claimed_by=by.pk)
        if mine.update(claimed_by=None, claimed_until=None):
            close_grants(number)
            record("moderation.closed", campaign, by=by, number=number)


def approve_campaign(
    site: Site, number: int, *, content_hash: bytes, by: User, note: str = ""
) -> Decision:
    """Let the campaign go as it was seen. Raises NotWaiting, ChangedSinceYouLooked."""
    ruling = Ruling(Verdict.APPROVED, note=note)
    return decide(site, number, ruling, content_hash=content_hash, by=by)


@transaction.atomic
def decide(site: Site, number: int, ruling: Ruling, *, content_hash: bytes, by: User) -> Decision:
    """Approve, ask for changes or reject: bound to the hash that the moderator saw.

    The same decision a second time changes nothing (a double click).

    Raises:
        NotWaiting, ChangedSinceYouLooked, NotPossible
    """
    with working_for(site.pk, kind="staff"):
        try:
            campaign = _locked(number)
        except NotWaiting:
            if said := _said_before(number, ruling, content_hash, by):
                return said
            raise
        mailing = Mailing.objects.select_for_update().get(pk=campaign.mailing_id or 0)
        if bytes(mailing.content_hash) != content_hash or campaign.claimed_by != by.pk:
            raise ChangedSinceYouLooked
        if campaign.is_stopped and ruling.verdict == Verdict.CHANGES_REQUESTED:
            raise NotPossible
        decision = _write_down(campaign, ruling, content_hash, by)
        _settle(campaign, mailing, decision, by)
        _note_for_staff(site, decision, by)
    return decision


def _locked(number: int) -> Campaign:
    """The waiting campaign, locked; of its content nothing is read here."""
    rows = Campaign.objects.waiting().select_for_update()
    campaign = rows.only(*Campaign.QUEUE_COLUMNS).filter(number=number).first()
    if campaign is None:
        raise NotWaiting
    return campaign


def _said_before(number: int, ruling: Ruling, content_hash: bytes, by: User) -> Decision | None:
    same = {"content_hash": content_hash, "verdict": ruling.verdict, "staff_id": by.pk}
    return Decision.objects.filter(campaign__number=number, **same).last()


def _write_down(campaign: Campaign, ruling: Ruling, content_hash: bytes, by: User) -> Decision:
    decision = Decision.objects.create(
        site_id=campaign.site_id,
        campaign=campaign,
        content_hash=content_hash,
        verdict=ruling.verdict,
        reasons=list(ruling.reasons),
        note=ruling.note,
        staff_id=by.pk,
        waited=_seconds_since(campaign.waiting_since),
        is_appeal=bool(campaign.refused_by),
        is_reversal=bool(campaign.refused_by and ruling.verdict == Verdict.APPROVED),
    )
    record(
        f"campaign.{Verdict(ruling.verdict).name.lower()}",
        campaign,
        by=by,
        number=campaign.number,
        content_hash=content_hash.hex(),
        reasons=list(ruling.reasons),
    )
    return decision


def _seconds_since(moment: datetime | None) -> int:
    return int((timezone.now() - moment).total_seconds()) if moment else 0


def _settle(campaign: Campaign, mailing: Mailing, decision: Decision, by: User) -> None:
    close_grants(campaign.number)
    if campaign.is_stopped:
        _settle_stopped(campaign, decision, by)
    else:
        _settle_waiting(campaign, mailing, decision, by)
    publish(
        EVENTS[decision.verdict](
            site_id=campaign.site_id, campaign_id=campaign.pk, decision_id=decision.pk
        )
    )
    if decision.verdict == Verdict.APPROVED and campaign.state == Campaign.State.APPROVED:
        release_campaign(campaign)


def _settle_waiting(campaign: Campaign, mailing: Mailing, decision: Decision, by: User) -> None:
    campaign.state = {
        Verdict.APPROVED: Campaign.State.APPROVED,
        Verdict.CHANGES_REQUESTED: Campaign.State.CHANGES_REQUESTED,
        Verdict.REJECTED: Campaign.State.REJECTED,
    }[Verdict(decision.verdict)]
    campaign.decided_at = decision.at
    campaign.claimed_by = campaign.claimed_until = None
    campaign.save(update_fields=["state", "decided_at", "claimed_by", "claimed_until"])
    if decision.verdict == Verdict.APPROVED:
        mail.approve_mailing(mailing, content_hash=bytes(decision.content_hash), by=by)
    else:
        mail.cancel_mailing(mailing, by=by)


def _settle_stopped(campaign: Campaign, decision: Decision, by: User) -> None:
    """What was stopped in flight goes on as it was approved, or is over."""
    campaign.decided_at = decision.at
    campaign.claimed_by = campaign.claimed_until = campaign.stopped_at = None
    campaign.save(update_fields=["decided_at", "claimed_by", "claimed_until", "stopped_at"])
    if decision.verdict == Verdict.APPROVED:
        resume_campaign(campaign, by=by, is_cleared=True)
    else:
        cancel_campaign(campaign, by=by)


def _note_for_staff(site: Site, decision: Decision, by: User) -> None:
    """The log of the staff's own acts: a site, a number and a verdict, no content."""
    LogEntry.objects.create(
        user_id=by.pk,
        content_type=ContentType.objects.get_for_model(Site),
        object_id=str(site.pk),
        object_repr=str(site)[:200],
        action_flag=CHANGE,
        change_message=f"Campaign {decision.campaign.number}: {decision.get_verdict_display()}",
    )
