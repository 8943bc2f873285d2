"""What became of a campaign: counters that were kept while it left, never a count of rows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.safestring import SafeString

from mail.content import parse
from mail.models import Mailing, MailingHour
from newsletter.models import Campaign
from newsletter.plots import Series, bars, hour_label

LONGEST = 48  # hours in the plot; what comes later is told day by day
DAYS = 31


@dataclass(frozen=True)
class Report:
    mailing: Mailing
    per_hour: SafeString
    afterwards: SafeString
    legend: list[Series]
    counted: "Counted | None"  # None: the campaign counts neither

    @property
    def delivered(self) -> str:
        return delivered_rate(self.mailing)

    @property
    def bounced(self) -> str:
        return rate(self.mailing.bounced, self.mailing.sent + self.mailing.failed)

    @property
    def unsubscribed(self) -> str:
        return unsubscribed_rate(self.mailing)


@dataclass(frozen=True)
class Counted:
    """Opens and clicks, of a campaign that was submitted while its site counted them."""

    opens: int | None  # None: not counted
    clicks: int | None
    per_day: SafeString
    legend: list[Series]

    @property
    def words(self) -> str:
        return " and ".join(row.label.lower() for row in self.legend).capitalize()


def delivered_rate(mailing: Mailing) -> str:
    """What servers took, of all whose server answered; bounces are among the failed."""
    return rate(mailing.sent, mailing.sent + mailing.failed)


def unsubscribed_rate(mailing: Mailing) -> str:
    return rate(mailing.unsubscribed, mailing.sent)


def rate(part: int, whole: int) -> str:
    """As "98.9 %"; with two digits below one per cent, a dash when there is nothing to divide."""
    if whole <= 0:
        return "–"
    share = 100 * max(part, 0) / whole
    return f"{share:.2f} %" if 0 < share < 1 else f"{share:.1f} %".replace(".0 %", " %")


def report_of(campaign: Campaign, time_zone: str) -> Report:
    mailing = campaign.mailing
    assert mailing is not None  # noqa: S101  asked only for what has left
    zone = ZoneInfo(time_zone)
    rows = list(MailingHour.objects.filter(mailing=mailing).order_by("hour")[: 24 * DAYS])
    hours = _hours(rows)
    by_hour = {row.hour: row for row in rows}
    sent = Series("Sent", "", [by_hour[h].sent if h in by_hour else 0 for h in hours])
    places = [hour_label(h.astimezone(zone)) for h in hours]
    told = [r for r in rows if r.sent or r.failed or r.bounced or r.unsubscribed]
    days = _days(told, zone)
    legend = [
        Series("Bounced", "series-3", [_sum(rows, day, zone, "bounced") for day in days]),
        Series("Failed otherwise", "series-2", [_otherwise(rows, day, zone) for day in days]),
        Series("Unsubscribed", "series-4", [_sum(rows, day, zone, "unsubscribed") for day in days]),
    ]
    return Report(
        mailing=mailing,
        per_hour=bars(places, [sent], f"Sent an hour: {mailing.sent:,} in all"),
        afterwards=bars(
            [f"{d:%-d %b}" for d in days], legend, "Bounced, failed otherwise, unsubscribed: a day"
        ),
        legend=legend,
        counted=_counted(mailing, rows, zone),
    )


def _counted(mailing: Mailing, rows: list[MailingHour], zone: ZoneInfo) -> Counted | None:
    content = parse(mailing.content)  # deferred: the flags that were approved stand only there
    wanted = (
        (content.track_opens, "Opens", "", "opened"),
        (content.track_clicks, "Clicks", "series-2", "clicked"),
    )
    days = _days([row for row in rows if row.opened or row.clicked], zone)
    legend = [
        Series(label, css, [_sum(rows, day, zone, name) for day in days])
        for is_on, label, css, name in wanted
        if is_on
    ]
    if not legend:
        return None
    return Counted(
        opens=mailing.opened if content.track_opens else None,
        clicks=mailing.clicked if content.track_clicks else None,
        per_day=bars([f"{d:%-d %b}" for d in days], legend, "Opens and clicks counted: a day"),
        legend=legend,
    )


def _days(rows: list[MailingHour], zone: ZoneInfo) -> list[date]:
    return sorted({row.hour.astimezone(zone).date() for row in rows})


def _hours(rows: list[MailingHour]) -> list[datetime]:
    """Every hour from the first to the last one with a sent mail, so that gaps show."""
    busy = [row.hour for row in rows if row.sent]
    if not busy:
        return []
    count = min(int((busy[-1] - busy[0]).total_seconds() // 3600) + 1, LONGEST)
    return [busy[0] + timedelta(hours=n) for n in range(count)]


def _otherwise(rows: list[MailingHour], day: date, zone: ZoneInfo) -> int:
    return _sum(rows, day, zone, "failed") - _sum(rows, day, zone, "bounced")


def _sum(rows: list[MailingHour], day: date, zone: ZoneInfo, name: str) -> int:
    return sum(getattr(row, name) for row in rows if row.hour.astimezone(zone).date() == day)
