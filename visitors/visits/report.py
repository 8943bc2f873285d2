"""What operators see of visitors: who is here now, and the counts of the last days."""

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import Site
from comm100.core.plots import Series, bars
from visitors.models import VisitCount, Visitor
from visitors.visits.languages import language_name

What = VisitCount.What
NOW_MINUTES = 5
SHOWN = 12
TOP = 10
SPANS = {"7": 7, "30": 30, "90": 90}


@dataclass(frozen=True)
class Row:
    """One line of a list of the most frequent; `percent` of the first."""

    name: str
    count: int
    percent: int


@dataclass(frozen=True)
class Here:
    """Visitors of the last minutes: how many, and the latest of them."""

    count: int
    visitors: list[Visitor]


@dataclass(frozen=True)
class Report:
    days: int
    views: int
    visitors: int
    pictures: list[tuple[str, SafeString]]
    tops: list[tuple[str, str, list[Row]]]

    @property
    def per_visitor(self) -> str:
        return f"{self.views / self.visitors:.1f}" if self.visitors else "–"


def here_now() -> Here:
    since = timezone.now() - timedelta(minutes=NOW_MINUTES)
    here = Visitor.objects.filter(last_seen__gte=since)
    return Here(here.count(), list(here.for_list()[:SHOWN]))


def report_of(site: Site, days: int) -> Report:
    """The counts of the last `days` days in the site's time zone, today included."""
    last = timezone.now().astimezone(ZoneInfo(site.time_zone)).date()
    first = last - timedelta(days=days - 1)
    views, visitors = _daily(What.VIEWS, first), _daily(What.VISITORS, first)
    dates = [first + timedelta(days=n) for n in range(days)]
    return Report(
        days,
        sum(views.values()),
        sum(visitors.values()),
        [
            _picture("Page views", "", views, dates),
            _picture("Visitors", "series-2", visitors, dates),
        ],
        [
            ("Pages", "views", _top(What.PAGE, first)),
            ("Links followed", "clicks", _top(What.LINK, first)),
            ("Browsers", "visitors", _top(What.BROWSER, first)),
            ("Languages", "visitors", _named(_top(What.LANGUAGE, first))),
        ],
    )


def _picture(
    what: str, css: str, counts: dict[date, int], dates: list[date]
) -> tuple[str, SafeString]:
    title = f"{what} a day"
    series = Series(what, css, [counts.get(day, 0) for day in dates])
    return title, bars([f"{day:%-d %b}" for day in dates], [series], title)


def _daily(what: int, first: date) -> dict[date, int]:
    rows = VisitCount.objects.filter(what=what, day__gte=first)
    return dict(rows.values_list("day", "count"))


def _top(what: int, first: date) -> list[Row]:
    rows = VisitCount.objects.filter(what=what, day__gte=first).values("name")
    found = list(rows.annotate(sum=Sum("count")).order_by("-sum", "name")[:TOP])
    most = found[0]["sum"] if found else 0
    return [Row(row["name"], row["sum"], round(100 * row["sum"] / most)) for row in found]


def _named(rows: list[Row]) -> list[Row]:
    return [Row(language_name(row.name), row.count, row.percent) for row in rows]
