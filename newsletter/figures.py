"""Moderation in numbers: how long campaigns waited, what was decided, what was reversed (P9.4).

Counts by day over all sites, by a function of the database; no site and no content is named.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connections
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import User
from comm100.core.plots import Series, bars
from comm100.core.tenancy import reading_as_staff

DAYS = 28


@dataclass(frozen=True)
class Day:
    """median and longest wait in minutes; passed: of trusted sites, unseen."""

    day: date
    approved: int = 0
    changes: int = 0
    rejected: int = 0
    passed: int = 0
    reversed: int = 0
    appeals: int = 0
    median: int = 0
    longest: int = 0


@dataclass(frozen=True)
class Figures:
    days: list[Day]
    waits: SafeString
    wait_legend: list[Series]
    decisions: SafeString
    decision_legend: list[Series]

    @property
    def decided(self) -> int:
        return sum(one.approved + one.changes + one.rejected for one in self.days)

    @property
    def passed(self) -> int:
        return sum(one.passed for one in self.days)

    @property
    def reversals(self) -> int:
        return sum(one.reversed for one in self.days)

    @property
    def appeals(self) -> int:
        return sum(one.appeals for one in self.days)

    @property
    def longest(self) -> int:
        return max(one.longest for one in self.days)


def moderation_figures(user: User) -> Figures:
    with reading_as_staff(user.pk), connections["staff"].cursor() as cursor:
        cursor.execute("SELECT * FROM app.moderation_figures(%s)", [DAYS])
        counted = {row[0]: Day(*row) for row in cursor.fetchall()}
    today = timezone.now().date()
    dates = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    days = [counted.get(day, Day(day)) for day in dates]
    places = [f"{day:%-d %b}" for day in dates]
    waits = [
        Series("Half waited less than, minutes", "", [one.median for one in days]),
        Series("Longest wait, minutes", "series-2", [one.longest for one in days]),
    ]
    decisions = [
        Series("Approved", "", [one.approved for one in days]),
        Series("Changes requested", "series-2", [one.changes for one in days]),
        Series("Rejected", "series-3", [one.rejected for one in days]),
    ]
    return Figures(
        days=days,
        waits=bars(places, waits, "Minutes until a decision, by day"),
        wait_legend=waits,
        decisions=bars(places, decisions, "Decisions by day"),
        decision_legend=decisions,
    )
