"""What happens next with a campaign: one sentence for every state, and what to do about it."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Site
from mail.models import Mailing
from mail.warming import warming_of
from newsletter.models import Campaign, Decision
from newsletter.reasons import Reason, reasons_for
from newsletter.timing import schedule_of
from newsletter.triggers import triggers_of

State = Campaign.State
SOON = timedelta(hours=1)
ON_ITS_WAY = (
    *(State.MODERATION_NEEDED, State.APPROVED, State.SCHEDULED, State.OVERDUE),
    *(State.TESTING, State.SENDING, State.HELD),
)
READ_ONLY = "Nothing of it was sent. The site is being closed, so it can only be read."


@dataclass(frozen=True)
class Status:
    """A state in a word or two; name: for the tone of its dot."""

    name: str
    words: str


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
    if site.is_closing and campaign.state in ON_ITS_WAY:
        return _resting(campaign, site)
    told = _TELL[State(campaign.state)](campaign, site)
    can_change = campaign.state in (State.DRAFT, State.CHANGES_REQUESTED, State.REJECTED)
    return replace(told, sentence=READ_ONLY) if site.is_closing and can_change else told


def status_of(campaign: Campaign, site: Site) -> Status:
    """As lists tell it: of a site that closes, also that nothing leaves."""
    words = _status_words(campaign)
    if site.is_closing and campaign.state in ON_ITS_WAY:
        return Status("resting", f"{words}, site closes")
    return Status("stopped" if campaign.is_stopped else State(campaign.state).name.lower(), words)


def _status_words(campaign: Campaign) -> str:
    numbers = campaign.numbers
    if campaign.state == State.SENT and numbers.finished_at:
        return f"Sent {timezone.localtime(numbers.finished_at):%-d %b}"
    words = "Stopped" if campaign.is_stopped else campaign.get_state_display()
    if campaign.state in (State.SENDING, State.HELD) and numbers.total:
        return f"{words} · {numbers.percent}\N{NO-BREAK SPACE}%"
    return words


def _resting(campaign: Campaign, site: Site) -> Outlook:
    """What a site that closes had on its way."""
    return Outlook(
        "Nothing leaves: the site is being closed.",
        f"{_where_it_was(campaign, site)} If an owner keeps the site, it is as it was; what lay "
        "still for more than two hours waits for a person to let it go on.",
    )


def _where_it_was(campaign: Campaign, site: Site) -> str:
    numbers = campaign.numbers
    if campaign.state == State.MODERATION_NEEDED:
        return "It was waiting for a moderator."
    if campaign.has_left:
        return f"{numbers.settled:,} of {numbers.total:,} were done."
    if campaign.wanted_at:
        return f"It was to leave on {moment_in(campaign.wanted_at, site)}."
    return "None of it had left."


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
    who = f"A moderator of {settings.COMPANY_NAME} looks at it first."
    if campaign.appeal:
        who = "You appealed: a moderator who did not decide before looks at it."
    return Outlook(
        "Moderation needed.",
        f"{who} {place}. Nothing is sent before that, and you get a mail with the decision. "
        f"{_wanted(campaign, site)}".strip(),
        "wait",
        lively=True,
    )


def _wanted(campaign: Campaign, site: Site) -> str:
    """When it is to leave once it may."""
    if campaign.wanted_at is None:
        return ""
    if campaign.fallback_zone:
        return _local_times(campaign, site)
    return f"Then it leaves on {moment_in(campaign.wanted_at, site)}."


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
        "Nothing was sent. You appealed: another moderator looked at it and rejected it, too. "
        "A copy of it can be changed and submitted."
        if campaign.appeal
        else "Nothing was sent. A copy of it can be changed and submitted. If you disagree, answer "
        "below: another moderator looks at it.",
        "bad",
        reasons=reasons_for(decision.reasons) if decision else [],
        note=decision.note if decision else "",
    )


def _approved(campaign: Campaign, site: Site) -> Outlook:
    return Outlook("Approved.", "It starts in a moment.", "good", lively=True)


def _scheduled(campaign: Campaign, site: Site) -> Outlook:
    if campaign.fallback_zone:
        return Outlook(
            "Scheduled.",
            f"{_local_times(campaign, site)} Editing takes it back to draft.",
            "good",
            lively=True,
        )
    when = f"on {moment_in(campaign.wanted_at, site)}" if campaign.wanted_at else "soon"
    return Outlook(
        "Scheduled.", f"It leaves {when}. Editing takes it back to draft.", "good", lively=True
    )


def _local_times(campaign: Campaign, site: Site) -> str:
    """When the first and the last reader may get it."""
    schedule = schedule_of(campaign)
    if schedule.wanted_at is None or schedule.starts_at is None or schedule.ends_at is None:
        return "It leaves soon."
    clock = schedule.wanted_at.astimezone(ZoneInfo(schedule.fallback_zone))
    zone = ZoneInfo(site.time_zone)
    first, last = schedule.starts_at.astimezone(zone), schedule.ends_at.astimezone(zone)
    return (
        f"Each reader gets it on {clock:%-d %B %Y at %H:%M} of their own time; who has no time "
        f"zone counts as in {schedule.fallback_zone}. Seen from {site.time_zone}, the first may "
        f"leave on {first:%-d %B at %H:%M}, the last on {last:%-d %B at %H:%M}."
    )


def moment_in(moment: datetime, site: Site) -> str:
    local = moment.astimezone(ZoneInfo(site.time_zone))
    return f"{local:%-d %B %Y at %H:%M} ({site.time_zone})"


def _overdue(campaign: Campaign, site: Site) -> Outlook:
    when = f" was {moment_in(campaign.wanted_at, site)}" if campaign.wanted_at else " has passed"
    return Outlook(
        "Held: it missed its time.",
        f"Its time{when}, and it could not start within two hours. Nothing of it is sent "
        "before you say so: send it now, or choose another time.",
        "wait",
    )


def _testing(campaign: Campaign, site: Site) -> Outlook:
    numbers = campaign.numbers
    if campaign.decide_at is None:
        then = "You choose whose words the rest gets."
    else:
        by = "opens" if campaign.winner_by == Campaign.WinnerBy.OPENS else "clicks"
        then = (
            f"The variant with the most {by} goes to the rest on "
            f"{moment_in(campaign.decide_at, site)}. You may choose before."
        )
    return Outlook(
        "Testing.",
        f"{numbers.sent:,} of {numbers.total:,} samples have left. {slowly(campaign, site)}{then}",
        "good",
        lively=True,
    )


def _sending(campaign: Campaign, site: Site) -> Outlook:
    if any(row.state == Mailing.State.FILLING for row in campaign.parts) or not campaign.parts:
        return Outlook("Starting.", "The readers are being counted out.", "good", lively=True)
    schedule = schedule_of(campaign)
    waits = ""
    if schedule.fallback_zone and schedule.ends_at and schedule.ends_at > timezone.now():
        waits = f"The last leave on {moment_in(schedule.ends_at, site)}. "
    if few := _first_few(campaign, site):
        return few
    return Outlook(
        f"Sending: {campaign.numbers.percent} %.",
        f"{waits}{slowly(campaign, site)}You can leave this page. Holding it stops it within one "
        "batch.",
        "good",
        percent=campaign.numbers.percent,
        lively=True,
    )


def slowly(campaign: Campaign, site: Site) -> str:
    """Why it takes its time, and how long, where the domain is new; "" where it is soon done."""
    numbers = campaign.numbers
    return warm_up_in_words(site, numbers.total - numbers.settled)


def warm_up_in_words(site: Site, mails: int) -> str:
    warming = warming_of(site)
    last = warming.last_of(mails) if warming else timezone.now()
    if warming is None or last < timezone.now() + SOON:
        return ""
    return (
        f"{warming.domain} is new to mail providers, so not all leave at once: "
        f"{warming.today:,} today, and twice as many each day. The last leave about "
        f"{moment_in(last, site)}. "
    )


def _first_few(campaign: Campaign, site: Site) -> Outlook | None:
    """While a part of an unproven campaign goes first."""
    first = sum(row.canary or 0 for row in campaign.parts if row.canary_left is not None)
    if not first:
        return None
    return Outlook(
        f"Sending the first {first:,}.",
        f"{slowly(campaign, site)}The rest follows about {settings.CANARY_MINUTES} minutes later, "
        "when few bounce and nobody reports it. You can leave this page.",
        "good",
        percent=campaign.numbers.percent,
        lively=True,
    )


def _held(campaign: Campaign, site: Site) -> Outlook:
    numbers = campaign.numbers
    percent = numbers.percent if campaign.has_left else None
    if campaign.is_stopped:
        return _stopped(campaign, percent)
    if campaign.is_missed:
        return Outlook(
            "Held: it missed its time.",
            "Nothing was running for more than two hours when it was due. Nothing more "
            "leaves before you say so: send it now, or choose another time.",
            "wait",
            percent=percent,
        )
    why = next((row.hold_reason for row in campaign.parts if row.hold_reason), "")
    reason = f"{why}. " if why else ""
    rest = "The rest waits" if campaign.has_left else "Nothing of it leaves"
    return Outlook(
        "Held.", f"{reason}{rest} until it is resumed or cancelled.", "wait", percent=percent
    )


def _stopped(campaign: Campaign, percent: int | None) -> Outlook:
    found = next((one.text for one in triggers_of(campaign) if one.key == "bad_results"), "")
    return Outlook(
        "Stopped.",
        f"{found} The rest waits: a moderator of {settings.COMPANY_NAME} decides whether it goes "
        "on, and you get a mail then.",
        "bad",
        percent=percent,
        lively=True,
    )


def _sent(campaign: Campaign, site: Site) -> Outlook:
    sent = campaign.numbers.sent
    people = "1 reader" if sent == 1 else f"{sent:,} readers"
    return Outlook("Sent.", f"It left for {people}.", "good")


def _cancelled(campaign: Campaign, site: Site) -> Outlook:
    sent = campaign.numbers.sent
    left = f"{sent:,} had left before. " if sent else "Nothing was sent. "
    copy = "" if site.is_closing else "Make a copy to send it after all."
    return Outlook("Cancelled.", f"{left}{copy}")


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
    State.OVERDUE: _overdue,
    State.TESTING: _testing,
    State.SENDING: _sending,
    State.HELD: _held,
    State.SENT: _sent,
    State.CANCELLED: _cancelled,
}
