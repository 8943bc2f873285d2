"""What became of a campaign: counters that were kept while it left, never a count of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.db.models import Sum
from django.utils.safestring import SafeString

from comm100.core.plots import Series, bars
from mail.content import MailingContent, parse
from mail.merge import merged
from mail.models import Mailing, MailingHour
from newsletter.models import Campaign
from newsletter.numbers import Numbers

LONGEST = 48  # hours in a plot; a longer time is told day by day
DAYS = 31
HOUR = timedelta(hours=1)
COUNTED = ("sent", "failed", "bounced", "unsubscribed", "opened", "clicked")
HourRow = dict[str, int]


class Counters(Protocol):
    """A mailing, or the numbers of a whole campaign."""

    @property
    def sent(self) -> int: ...

    @property
    def failed(self) -> int: ...

    @property
    def unsubscribed(self) -> int: ...


@dataclass(frozen=True)
class Plot:
    """`per`: "hour" or "day", whatever shows all of it."""

    per: str
    picture: SafeString
    legend: list[Series]


@dataclass(frozen=True)
class Counted:
    """Opens and clicks, of a campaign that was submitted while its site counted them."""

    opens: int | None  # None: not counted
    clicks: int | None
    plot: Plot

    @property
    def words(self) -> str:
        return " and ".join(row.label.lower() for row in self.plot.legend).capitalize()


@dataclass(frozen=True)
class Compared:
    """One variant of a test: what became of its sample, so that variants compare."""

    letter: str
    place: int
    subject: str
    has_other_text: bool
    mailing: Mailing
    is_winner: bool

    @property
    def opened(self) -> str:
        return rate(self.mailing.opened, self.mailing.sent)

    @property
    def clicked(self) -> str:
        return rate(self.mailing.clicked, self.mailing.sent)


@dataclass(frozen=True)
class Report:
    numbers: Numbers
    leaving: Plot
    afterwards: Plot
    counted: Counted | None  # None: the campaign counts neither
    variants: list[Compared]

    @property
    def delivered(self) -> str:
        return delivered_rate(self.numbers)

    @property
    def bounced(self) -> str:
        return rate(self.numbers.bounced, self.numbers.sent + self.numbers.failed)

    @property
    def unsubscribed(self) -> str:
        return unsubscribed_rate(self.numbers)


def delivered_rate(counters: Counters) -> str:
    """What servers took, of all whose server answered; bounces are among the failed."""
    return rate(counters.sent, counters.sent + counters.failed)


def unsubscribed_rate(counters: Counters) -> str:
    return rate(counters.unsubscribed, counters.sent)


def rate(part: int, whole: int) -> str:
    """As "98.9 %"; with two digits below one per cent, a dash when there is nothing to divide."""
    if whole <= 0:
        return "–"
    share = 100 * max(part, 0) / whole
    return f"{share:.2f} %" if 0 < share < 1 else f"{share:.1f} %".replace(".0 %", " %")


def report_of(campaign: Campaign, time_zone: str) -> Report:
    """Of a campaign that has left, read with its numbers. Two queries, whatever its size."""
    zone, numbers = ZoneInfo(time_zone), campaign.numbers
    hours = _hours_of(campaign)
    return Report(
        numbers=numbers,
        leaving=_plot(hours, zone, [("Sent", "", "sent")], f"Sent: {numbers.sent:,} in all"),
        afterwards=_plot(
            hours,
            zone,
            [
                ("Bounced", "series-3", "bounced"),
                ("Failed otherwise", "series-2", "otherwise"),
                ("Unsubscribed", "series-4", "unsubscribed"),
            ],
            "Bounced, failed otherwise, unsubscribed",
        ),
        counted=_counted(campaign, hours, zone),
        variants=_compared(campaign),
    )


def _hours_of(campaign: Campaign) -> dict[datetime, HourRow]:
    """The series of all its mailings together, hour by hour."""
    rows = MailingHour.objects.filter(mailing__in=[row.pk for row in campaign.parts])
    summed = rows.order_by("hour").values_list("hour").annotate(*map(Sum, COUNTED))
    found = {hour: dict(zip(COUNTED, sums, strict=True)) for hour, *sums in summed[: 24 * DAYS]}
    for row in found.values():
        row["otherwise"] = max(0, row["failed"] - row["bounced"])
    return found


def _plot(
    hours: dict[datetime, HourRow],
    zone: ZoneInfo,
    wanted: Sequence[tuple[str, str, str]],
    label: str,
) -> Plot:
    """Bars from the first to the last hour that has any of the wanted numbers."""
    busy = [hour for hour, row in hours.items() if any(row[name] for _, _, name in wanted)]
    per, places = _places(busy, zone)
    legend = [
        Series(text, css, [_sum(hours, within, name) for within in places.values()])
        for text, css, name in wanted
    ]
    return Plot(per, bars(list(places), legend, f"{label}, each {per}"), legend)


def _places(busy: Sequence[datetime], zone: ZoneInfo) -> tuple[str, dict[str, list[datetime]]]:
    """What stands below the bars, and which hours each bar adds up; gaps show."""
    span = (busy[-1] - busy[0]) // HOUR + 1 if busy else 0
    every = [busy[0] + HOUR * n for n in range(span)]
    if span <= LONGEST:
        more = len({hour.astimezone(zone).date() for hour in every}) > 1
        name = "%-d %b %H:%M" if more else "%H:%M"
        return "hour", {f"{hour.astimezone(zone):{name}}": [hour] for hour in every}
    days: dict[str, list[datetime]] = {}
    for hour in every:
        days.setdefault(f"{hour.astimezone(zone):%-d %b}", []).append(hour)
    return "day", days


def _sum(hours: dict[datetime, HourRow], within: Sequence[datetime], name: str) -> int:
    return sum(hours[hour][name] for hour in within if hour in hours)


def _counted(campaign: Campaign, hours: dict[datetime, HourRow], zone: ZoneInfo) -> Counted | None:
    content = _approved_content(campaign)
    wanted = []
    if content.track_opens:
        wanted.append(("Opens", "", "opened"))
    if content.track_clicks:
        wanted.append(("Clicks", "series-2", "clicked"))
    if not wanted:
        return None
    numbers = campaign.numbers
    return Counted(
        opens=numbers.opened if content.track_opens else None,
        clicks=numbers.clicked if content.track_clicks else None,
        plot=_plot(hours, zone, wanted, "Opens and clicks counted"),
    )


def _approved_content(campaign: Campaign) -> MailingContent:
    """The flags that were approved stand only there."""
    frozen = Mailing.objects.values_list("content", flat=True).get(pk=campaign.mailing_id or 0)
    return parse(frozen)


def _compared(campaign: Campaign) -> list[Compared]:
    return [
        Compared(
            letter=row.letter,
            place=row.place,
            subject=merged(row.subject or campaign.subject, {}, "subject"),
            has_other_text=bool(row.body),
            mailing=row.mailing,
            is_winner=row.place == campaign.winner,
        )
        for row in campaign.in_order
        if campaign.is_test and row.mailing
    ]
