"""Access audits: who opened what of whom, for which purpose, when; from the journal (P9.3)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import User
from comm100.core.models import JournalEntry
from comm100.core.plots import Series, bars
from comm100.core.tenancy import across_sites
from privacy.grants import MISSED, OPENED, all_grants, record_name
from privacy.models import AccessGrant, Purpose
from privacy.models.grant import AccessGrantQuerySet

DAYS = 30  # where nobody says since when
MOST_GRANTS, MOST_RECORDS, MOST_DAYS = 200, 50_000, 400
COLUMNS = (
    "at", "staff", "site", "purpose", "reference", "reason", "grant", "record", "fields",
    "related", "site_seq",
)  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What an audit is about; "" and None: all."""

    since: date
    until: date
    staff: int | None = None
    site: str = ""
    purpose: str = ""

    @property
    def between(self) -> tuple[datetime, datetime]:
        zone = timezone.get_current_timezone()
        first = datetime.combine(self.since, time.min, zone)
        return first, datetime.combine(self.until, time.max, zone)

    def grants(self) -> AccessGrantQuerySet:
        rows = all_grants()
        if self.staff:
            rows = rows.filter(staff=self.staff)
        if self.site:
            rows = rows.filter(site__slug=self.site)
        return rows.filter(purpose=self.purpose) if self.purpose else rows


@dataclass(frozen=True)
class Audited:
    """A grant, and how many records were opened under it in the time that is looked at."""

    grant: AccessGrant
    records: int
    unrelated: int


def usual_wish() -> Wish:
    today = timezone.localdate()
    return Wish(since=today - timedelta(days=DAYS - 1), until=today)


def staff_entries() -> QuerySet[JournalEntry]:
    """All that staff did under grants, at any site."""
    with across_sites():
        return JournalEntry.objects.using("staff").filter(grant_id__isnull=False)


def audited(wish: Wish) -> list[Audited]:
    """The grants that were opened or used in that time, newest first."""
    counted = _entries(wish).values("grant_id").order_by()
    unrelated = Count("pk", filter=Q(detail__related=False))
    seen = Count("pk", filter=~Q(action=MISSED))  # as the site counts them
    found = {row["grant_id"]: row for row in counted.annotate(n=seen, odd=unrelated)}
    opened = Q(opened_at__range=wish.between) | Q(pk__in=list(found))
    rows = []
    for grant in wish.grants().filter(opened)[:MOST_GRANTS]:
        row = found.get(grant.pk, {"n": 0, "odd": 0})
        rows.append(Audited(grant, row["n"], row["odd"]))
    return rows


def records_by_day(wish: Wish) -> SafeString:
    counted = (
        _entries(wish)
        .exclude(action=MISSED)
        .annotate(day=TruncDate("at"))
        .values("day")
        .order_by("day")
    )
    found = {row["day"]: row["n"] for row in counted.annotate(n=Count("pk"))}
    count = min((wish.until - wish.since).days + 1, MOST_DAYS)
    days = [wish.since + timedelta(days=n) for n in range(max(count, 1))]
    values = [found.get(day, 0) for day in days]
    series = [Series("Records opened", "", values)]
    return bars([f"{day:%-d %b}" for day in days], series, "Records opened on each day")


def records_by_purpose(rows: list[Audited]) -> SafeString:
    purposes = [purpose for purpose in Purpose if any(r.grant.purpose == purpose for r in rows)]
    records = [sum(r.records for r in rows if r.grant.purpose == p) for p in purposes]
    grants = [sum(r.grant.purpose == p for r in rows) for p in purposes]
    series = [Series("Records opened", "", records), Series("Grants", "series-2", grants)]
    return bars([SHORT[p] for p in purposes], series, "Records and grants for each purpose")


SHORT = {
    Purpose.ABUSE_COMPLAINT: "complaint",
    Purpose.PROBLEM: "problem",
    Purpose.SUPPORT: "support",
    Purpose.VIOLATION: "violation",
    Purpose.LAW: "law",
    Purpose.MODERATION: "moderation",
}


def records(wish: Wish) -> Iterator[list[Any]]:
    """A row for each record that was opened or looked for, newest first, as COLUMNS says."""
    entries = list(_entries(wish).order_by("-id")[:MOST_RECORDS])
    grants = {g.pk: g for g in wish.grants().filter(pk__in={e.grant_id for e in entries})}
    for entry in entries:
        grant = grants[entry.grant_id]
        yield [
            entry.at.isoformat(timespec="seconds"),
            grant.staff.email,
            grant.site.slug,
            grant.purpose,
            grant.reference,
            grant.reason,
            grant.pk,
            record_name(entry),
            " ".join(entry.detail.get("fields", [])),
            {True: "yes", False: "no"}.get(entry.detail.get("related"), ""),
            entry.seq,
        ]


def staff_with_grants() -> QuerySet[User]:
    with across_sites():
        ids = AccessGrant.objects.using("staff").order_by().values("staff").distinct()
    return User.objects.using("staff").filter(pk__in=ids).order_by("name")


def _entries(wish: Wish) -> QuerySet[JournalEntry]:
    opened = staff_entries().filter(action__in=(*OPENED, "moderation.opened"))
    of_grants = wish.grants().order_by().values("pk")
    return opened.filter(at__range=wish.between, grant_id__in=of_grants)
