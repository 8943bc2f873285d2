"""What moderators read: the queue, and the one campaign that they opened (P9.4).

All of it through the `staff` connection: the database shows which campaigns wait, and of a mailing
only what this staff member opened before. Recipients are a count.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db import connections
from django.db.models import prefetch_related_objects
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.tenancy import across_sites, reading_as_staff
from mail.content import MailingContent, parse
from mail.merge import KNOWN, fields_of, merged, pieces_of, values_for
from mail.models import Mailing
from newsletter.composing import variants_of
from newsletter.models import Campaign, Decision
from newsletter.reasons import Reason, reasons_for
from newsletter.rendering import links_in
from newsletter.triggers import Trigger, domain_of, host_of, is_short, triggers_of
from visitors.choosing import SHORT, sentence
from visitors.models import Kind

LONGEST_QUEUE = 200
SITE_COLUMNS = ("site__name", "site__slug", "site__web_url")
LONG_WAIT = timedelta(hours=4)
# invented readers, no recipient's data: one of whom all is known, one of whom only the address is,
# one whose values are longer than a letter is made for
READERS = {"full": "all known", "blank": "only the address", "long": "long values"}
NAMES = {
    "full": "Kim Example",
    "long": "Wilhelmina-Alexandra von Hohenstein-Oberndorf y Castellanos",
}
LONG_VALUE = (
    "Donaudampfschifffahrtsgesellschaftskapitänswitwe, second floor, third door on the left"
)
NOWHERE = "about:blank"


@dataclass(frozen=True)
class Waiting:
    """One line of the queue."""

    campaign: Campaign
    triggers: list[Trigger]
    opened_by: str  # "" when it is free for this moderator
    is_mine: bool
    is_late: bool
    is_next: bool = False  # the oldest that no colleague is at
    kind: int = Kind.MARKETING  # which choice of its readers it obeys

    @property
    def site(self) -> Site:
        return self.campaign.site

    @property
    def waited(self) -> str:
        return waited_since(self.campaign.waiting_since)

    @property
    def kind_words(self) -> str:
        return SHORT[self.kind]

    @property
    def is_usual(self) -> bool:
        """The kind of nearly all of them, which the queue does not repeat in each line."""
        return self.kind == Kind.MARKETING

    @property
    def promise(self) -> str:
        return sentence(self.kind, self.site.name)


@dataclass(frozen=True)
class SpelledLink:
    """Where a link leads, and what is odd about it."""

    href: str
    words: str
    host: str
    remarks: list[str]
    is_own: bool


@dataclass(frozen=True)
class Opened:
    """All that a moderator sees of a campaign."""

    campaign: Campaign
    content: MailingContent
    content_hash: str
    triggers: list[Trigger]
    links: list[SpelledLink]
    decisions: list["Said"]
    position: int
    queue_length: int
    before: Campaign | None  # in the queue
    after: Campaign | None

    @property
    def waited(self) -> str:
        return waited_since(self.campaign.waiting_since)

    @property
    def kind_words(self) -> str:
        return SHORT[self.content.kind]

    @property
    def promise(self) -> str:
        """What its readers said yes to, as it stands beside the box."""
        return sentence(self.content.kind, self.campaign.site.name)

    @property
    def wordings(self) -> list[MailingContent]:
        """Each variant of a test; of what is no test the content alone."""
        return variants_of(self.content)

    @property
    def lettered(self) -> list[tuple[str, int, MailingContent, str]]:
        """Letter, place, content and plain text of each variant, for the page."""
        found = enumerate(self.wordings)
        return [("ABCD"[at], at, words, text_of(words)) for at, words in found]

    @property
    def subjects(self) -> list[tuple[str, str]]:
        """The subject of the first variant as each invented reader sees it."""
        first = self.wordings[0]
        return [(name, subject_of(first, reader=key)) for key, name in READERS.items()]

    @property
    def short_hash(self) -> str:
        return f"{self.content_hash[:4]}…{self.content_hash[-4:]}"


@dataclass(frozen=True)
class Said:
    """An earlier decision on this campaign."""

    verdict: str
    at: datetime
    by: str
    reasons: list[Reason]
    note: str


def queue(user: User) -> list[Waiting]:
    """The campaigns that wait, oldest first; no subject and no content."""
    with across_sites():
        rows = _queue_rows()
    now = timezone.now()
    held = {row.claimed_by or 0 for row in rows if row.claimed_until and row.claimed_until > now}
    names = dict(User.objects.filter(pk__in=held).values_list("pk", "name"))
    lines = [_waiting(row, names, user, now) for row in rows]
    free = next((line for line in lines if not line.opened_by), None)
    return [replace(line, is_next=line is free) for line in lines]


def waited_since(moment: datetime | None) -> str:
    """The clock of the queue: "18 min", "6 h 41 min", "2 d 3 h"."""
    minutes = int((timezone.now() - moment).total_seconds() // 60) if moment else 0
    hours, days = minutes // 60, minutes // (24 * 60)
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def queue_length() -> int:
    return _queue_facts()[0]


def oldest_wait() -> datetime | None:
    """When the campaign that waits longest was submitted."""
    return _queue_facts()[1]


def in_queue(site: Site, number: int, user: User) -> Waiting | None:
    """The line of one waiting campaign; None when it waits no more."""
    with across_sites():
        rows = _queue_rows()
    row = next((row for row in rows if (row.site_id, row.number) == (site.pk, number)), None)
    if row is None:
        return None
    names = dict(User.objects.filter(pk=row.claimed_by or 0).values_list("pk", "name"))
    return _waiting(row, names, user, timezone.now())


def opened(site: Site, number: int, user: User) -> Opened | None:
    """The campaign that this moderator opened; None without a claim that still holds."""
    with reading_as_staff(user.pk):
        held = Campaign.objects.using("staff").select_related("site").defer("body", "text")
        campaign = held.filter(site=site, number=number).first()
        mailing = _content_of(campaign)
        if campaign is None or mailing is None:
            return None
        decided = list(Decision.objects.using("staff").filter(campaign=campaign).order_by("-at"))
        rows = _queue_rows()
    order = [row.pk for row in rows]
    at = order.index(campaign.pk) if campaign.pk in order else 0
    content = parse(mailing.content)
    return Opened(
        campaign=campaign,
        content=content,
        content_hash=bytes(mailing.content_hash).hex(),
        triggers=triggers_of(campaign),
        links=spelled_links(content, site),
        decisions=_said(decided),
        position=at + 1,
        queue_length=len(order),
        before=rows[at - 1] if at else None,
        after=rows[at + 1] if at + 1 < len(rows) else None,
    )


def letter_of(content: MailingContent, *, reader: str) -> str:
    """The HTML part as one of READERS would see it."""
    ways_out = {"unsubscribe_url": NOWHERE, "preferences_url": NOWHERE}
    return merged(content.html, _values(content, reader) | ways_out, "html")


def text_of(content: MailingContent, *, reader: str = "full") -> str:
    ways_out = {"unsubscribe_url": "(link)", "preferences_url": "(link)"}
    return merged(content.text, _values(content, reader) | ways_out, "text")


def subject_of(content: MailingContent, *, reader: str) -> str:
    return merged(content.subject, _values(content, reader), "subject")


def _values(content: MailingContent, reader: str) -> dict[str, str]:
    if reader == "blank":
        return values_for("kim@example.com", None)
    keys = {field.key for field in fields_of(pieces_of(content))} - KNOWN
    fields = {key: LONG_VALUE if reader == "long" else f"Sample {key}" for key in keys}
    return values_for("kim@example.com", {"name": NAMES[reader], "fields": fields})


def spelled_links(content: MailingContent, site: Site) -> list[SpelledLink]:
    """Every link of the letter but the ways out, each once, in order."""
    own = domain_of(site.web_url)
    every = (link for words in variants_of(content) for link in links_in(words.html))
    found = (link for link in every if link.href and "{{" not in link.href)
    unique = dict.fromkeys((link.href, link.words.strip()) for link in found)
    return [_spelled(href, words, own) for href, words in unique]


def _spelled(href: str, words: str, own: str) -> SpelledLink:
    remarks = []
    if is_short(href):
        remarks.append("Link shortener: it hides where it leads")
    shown = host_of(words) if "." in words and " " not in words and "@" not in words else ""
    if shown and domain_of(shown) != domain_of(href):
        remarks.append(f"Shows {shown}, leads to {host_of(href)}")
    if urlsplit(href).scheme == "http":
        remarks.append("Not encrypted")
    return SpelledLink(href, words, host_of(href), remarks, bool(own) and domain_of(href) == own)


def _queue_rows() -> list[Campaign]:
    """What waits: numbers and reasons, by a function of the database (sql/fortify.sql)."""
    sql = f"SELECT * FROM app.moderation_queue() LIMIT {LONGEST_QUEUE}"  # noqa: S608  a number
    rows = list(Campaign.objects.using("staff").raw(sql))
    prefetch_related_objects(rows, "site")
    return rows


def _queue_facts() -> tuple[int, datetime | None]:
    with connections["staff"].cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(coalesce(stopped_at, submitted_at)) FROM app.moderation_queue()"
        )
        count, oldest = cursor.fetchone()
    return int(count), oldest


def _content_of(campaign: Campaign | None) -> Mailing | None:
    if campaign is None:
        return None
    return Mailing.objects.using("staff").filter(pk=campaign.mailing_id or 0).first()


def _waiting(row: Campaign, names: dict[int, str], user: User, now: datetime) -> Waiting:
    held = row.claimed_by is not None and row.claimed_until is not None and row.claimed_until > now
    mine = held and row.claimed_by == user.pk
    name = names.get(row.claimed_by or 0, "a colleague") if held and not mine else ""
    late = row.waiting_since is not None and now - row.waiting_since > LONG_WAIT
    kind = getattr(row, "mail_kind", None) or Kind.MARKETING  # a column of the queue alone
    return Waiting(row, triggers_of(row), opened_by=name, is_mine=mine, is_late=late, kind=kind)


def _said(decisions: Sequence[Decision]) -> list[Said]:
    staff = {row.staff_id for row in decisions if row.staff_id}
    names = dict(User.objects.filter(pk__in=staff).values_list("pk", "name"))
    return [
        Said(
            verdict=row.get_verdict_display(),
            at=row.at,
            by=names.get(row.staff_id or 0, "The platform"),
            reasons=reasons_for(row.reasons),
            note=row.note,
        )
        for row in decisions
    ]
