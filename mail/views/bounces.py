"""What did not arrive, why, and how it went day by day."""

from datetime import date, timedelta

from django.db.models import QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.safestring import SafeString

from comm100.core.paging import page_by_key
from comm100.core.plots import Series, bars
from mail import carriers
from mail.carriers import Carrier
from mail.models import Bounce, MailDay, MailingHour
from operators.http import OperatorRequest
from operators.permissions import operator_may

KINDS = {"hard": Bounce.Kind.HARD, "soft": Bounce.Kind.SOFT, "ours": Bounce.Kind.OURS}
PERIODS = {"7": 7, "30": 30, "90": 90}
USUAL = "30"
COLOURS = {"hard": "series-3", "soft": "series-2", "ours": "series-4"}


@operator_may("mail:read")
def show_all(request: OperatorRequest) -> HttpResponse:
    kind = KINDS.get(request.GET.get("kind", ""))
    period = request.GET.get("days", USUAL)
    days = PERIODS.get(period, PERIODS[USUAL])
    campaign = carriers.numbered(request.GET.get("campaign", ""))
    page = page_by_key(_rows(kind, campaign, days), request)
    plot = _plot_of(campaign, days) if campaign else _plot(days)
    facts = {
        "page": page,
        "campaigns": carriers.named(row.mailing_id for row in page.rows),
        "campaign": campaign,
        "kind": kind,
        "kinds": {name: one.label for name, one in KINDS.items()},
        "days": days,
        "periods": PERIODS.values(),
        "plot": plot[0],
        "legend": plot[1],
        "totals": [(row.label, sum(row.values)) for row in plot[1]],
        "is_narrowed": bool(kind or campaign or days != PERIODS[USUAL]),
    }
    return render(request, "mail/bounces.html", facts)


def _rows(kind: int | None, campaign: Carrier | None, days: int) -> QuerySet[Bounce]:
    rows = Bounce.objects.for_list()
    first = Bounce.objects.filter(at__gte=timezone.now() - timedelta(days=days))
    oldest = first.order_by("at").values_list("pk", flat=True).first()
    rows = rows.filter(pk__gte=oldest) if oldest else rows.none()
    if kind:
        rows = rows.filter(kind=kind)
    return rows.filter(mailing__in=campaign.mailing_ids) if campaign else rows


def _plot(days: int) -> tuple[SafeString, list[Series]]:
    """By kind, from the counters that are kept by day."""
    places = _days(days)
    by_day = {row.day: row for row in MailDay.objects.filter(day__gte=places[0])}
    legend = [
        Series(kind.label, COLOURS[name], [getattr(by_day.get(d), name, 0) for d in places])
        for name, kind in KINDS.items()
    ]
    return _drawn(places, legend)


def _plot_of(campaign: Carrier, days: int) -> tuple[SafeString, list[Series]]:
    """All bounces of one campaign, from its counters by hour."""
    places = _days(days)
    hours = MailingHour.objects.filter(mailing__in=campaign.mailing_ids, bounced__gt=0)
    counts = hours.annotate(day=TruncDate("hour")).values_list("day").annotate(Sum("bounced"))
    by_day = dict(counts.order_by())
    return _drawn(places, [Series("Bounced", "series-3", [by_day.get(d, 0) for d in places])])


def _drawn(places: list[date], legend: list[Series]) -> tuple[SafeString, list[Series]]:
    if not any(value for row in legend for value in row.values):
        return SafeString(""), []
    label = f"Bounces a day, the last {len(places)} days"
    return bars([f"{d:%-d %b}" for d in places], legend, label), legend


def _days(count: int) -> list[date]:
    today = timezone.now().date()
    return [today - timedelta(days=n) for n in reversed(range(count))]
