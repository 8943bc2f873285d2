"""What the last night did by the rules of retention: at one site, and over all of them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Sum

from accounts.models import Site
from comm100.core.models import RetentionRun
from comm100.core.nightly import LAST
from comm100.core.retention import Rule, rules
from comm100.core.tenancy import across_sites


@dataclass(frozen=True)
class Night:
    """One rule, with what it did in the last night and what it left over although it was due."""

    rule: Rule
    gone: int
    overdue: int


@dataclass(frozen=True)
class Nights:
    """The rules of one night; `day` is None before the first. sites: how many it is over for."""

    day: date | None
    rows: list[Night]
    sites: int = 0
    all_sites: int = 0

    @property
    def overdue(self) -> list[Night]:
        return [row for row in self.rows if row.overdue]

    @property
    def at_work(self) -> list[Night]:
        """The rules that had something to do."""
        return [row for row in self.rows if row.gone or row.overdue]


def last_night(*, is_company: bool) -> Nights:
    """Of the site in context; the company's own also has the tables of no site."""
    last = RetentionRun.objects.filter(rule=LAST).order_by("-day").first()
    runs = RetentionRun.objects.filter(day=last.day) if last else RetentionRun.objects.none()
    found = {run.rule: (run.gone, run.overdue) for run in runs}
    shown = [rule for rule in rules() if is_company or not rule.of_company]
    return Nights(last.day if last else None, _nights(shown, found))


def last_night_everywhere() -> Nights:
    """Sums over all sites, for staff."""
    with across_sites():
        runs = RetentionRun.objects.using("post")
    last = runs.filter(rule=LAST).order_by("-day").first()
    if last is None:
        return Nights(None, _nights(rules(), {}), 0, Site.objects.count())
    sums = runs.filter(day=last.day).values_list("rule")
    sums = sums.annotate(Sum("gone"), Sum("overdue"), sites=Count("pk"))
    rows: list[Any] = list(sums.order_by())
    found = {rule: (gone, overdue) for rule, gone, overdue, _ in rows}
    sites = sum(row[3] for row in rows if row[0] == LAST)
    return Nights(last.day, _nights(rules(), found), sites, Site.objects.count())


def _nights(shown: list[Rule], found: dict[str, Any]) -> list[Night]:
    return [Night(rule, *found.get(rule.key, (0, 0))) for rule in shown]
