"""What happens next with a campaign: one sentence for every state, and what to do about it."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection

from accounts.models import Site
from mail.models import Mailing
from newsletter.models import Campaign, Decision
from newsletter.reasons import Reason, reasons_for

State = Campaign.State


@dataclass(frozen=True)
class Outlook:
    """tone: of the notice; reasons and note: what a moderator said; lively: ask again soon."""

    headline: str
    sentence: str
    tone: str = ""
    reasons: list[Reason] = field(default_factory=list)
    note: str = ""
    percent: int | None = None
    lively: bool = False


def outlook(campaign: Campaign, site: Site) -> Outlook:
    return _TELL[State(campaign.state)](campaign, site)


def _draft(campaign: Campaign, site: Site) -> Outlook:
    if site.standing == Site.Standing.SUSPENDED:
        return Outlook(
            "The newsletter is suspended.",
            f"{settings.COMPANY_NAME} stopped it. Write to {settings.COMPANY_EMAIL}.",
            "bad",
        )
    return Outlook("This is a draft.", "Finish it, try it on yourself, and submit it.")


def _waiting(campaign: Campaign, site: Site) -> Outlook:
    before = campaigns_before(campaign)
    place = {0: "It is the next one", 1: "1 campaign is before it"}.get(
        before, f"{before} campaigns are before it"
    )
    return Outlook(
        "Moderation needed.",
        f"A moderator of {settings.COMPANY_NAME} looks at it first. {place}. "
        "Nothing is sent before that, and you get a mail with the decision.",
        "wait",
        lively=True,
    )


def _changes(campaign: Campaign, site: Site) -> Outlook:
    decision = last_decision(campaign)
    return Outlook(
        "Changes requested.",
        "Nothing was sent. Change these points and submit it again.",
        "wait",
        reasons=reasons_for(decision.reasons) if decision else [],
        note=decision.note if decision else "",
    )


def _rejected(campaign: Campaign, site: Site) -> Outlook:
    decision = last_decision(campaign)
    return Outlook(
        "Rejected.",
        f"Nothing was sent, and it cannot be sent. If you disagree, write to "
        f"{settings.COMPANY_EMAIL}.",
        "bad",
        reasons=reasons_for(decision.reasons) if decision else [],
        note=decision.note if decision else "",
    )


def _approved(campaign: Campaign, site: Site) -> Outlook:
    return Outlook("Approved.", "It starts in a moment.", "good", lively=True)


def _scheduled(campaign: Campaign, site: Site) -> Outlook:
    when = "soon"
    if campaign.wanted_at:
        local = campaign.wanted_at.astimezone(ZoneInfo(site.time_zone))
        when = f"on {local:%-d %B %Y at %H:%M} ({site.time_zone})"
    return Outlook(
        "Scheduled.", f"It leaves {when}. Editing takes it back to draft.", "good", lively=True
    )


def _sending(campaign: Campaign, site: Site) -> Outlook:
    mailing = campaign.mailing
    if mailing is None or mailing.state == Mailing.State.FILLING:
        return Outlook("Starting.", "The readers are being counted out.", "good", lively=True)
    return Outlook(
        f"Sending: {mailing.percent} %.",
        "You can leave this page. Holding it stops it within one batch.",
        "good",
        percent=mailing.percent,
        lively=True,
    )


def _held(campaign: Campaign, site: Site) -> Outlook:
    mailing = campaign.mailing
    left = f"{mailing.settled:,} of {mailing.total:,} are done. " if mailing else ""
    reason = f"{mailing.hold_reason}. " if mailing and mailing.hold_reason else ""
    return Outlook("Held.", f"{reason}{left}Resume it, or cancel it for good.", "wait")


def _sent(campaign: Campaign, site: Site) -> Outlook:
    mailing = campaign.mailing
    if mailing is None:
        return Outlook("Sent.", "", "good")
    people = "1 reader" if mailing.sent == 1 else f"{mailing.sent:,} readers"
    return Outlook("Sent.", f"It left for {people}.", "good")


def _cancelled(campaign: Campaign, site: Site) -> Outlook:
    sent = campaign.mailing.sent if campaign.mailing else 0
    left = f"{sent:,} had left before. " if sent else "Nothing was sent. "
    return Outlook("Cancelled.", f"{left}Make a copy to send it after all.")


def last_decision(campaign: Campaign) -> Decision | None:
    return Decision.objects.filter(campaign=campaign).order_by("-at").first()


def campaigns_before(campaign: Campaign) -> int:
    """How many campaigns of all sites wait longer than this one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.campaigns_waiting_before(%s)", [campaign.pk])
        (count,) = cursor.fetchone()
    return int(count)


_TELL = {
    State.DRAFT: _draft,
    State.MODERATION_NEEDED: _waiting,
    State.CHANGES_REQUESTED: _changes,
    State.REJECTED: _rejected,
    State.APPROVED: _approved,
    State.SCHEDULED: _scheduled,
    State.SENDING: _sending,
    State.HELD: _held,
    State.SENT: _sent,
    State.CANCELLED: _cancelled,
}
