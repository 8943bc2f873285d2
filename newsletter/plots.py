"""Pictures of numbers: SVG made here, coloured by static/css/chart.css, no style attributes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import svg
from django.utils import timezone
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from mail.models import MailingHour
from newsletter.models import Campaign

DAY = 24
SPARK_WIDTH, SPARK_HEIGHT = 96, 22
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 440, 170, 40, 10, 26


@dataclass(frozen=True)
class Series:
    """One row of bars: a label, its class in chart.css, and a number for each place."""

    label: str
    css: str
    values: Sequence[int]


def sparklines(campaigns: Iterable[Campaign]) -> dict[int, SafeString]:
    """Mailing id → what left in each of the last 24 hours; one query for all of them."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    first = now - timedelta(hours=DAY - 1)
    mailings = [row.mailing_id for row in campaigns if row.mailing_id]
    hours: dict[int, list[int]] = defaultdict(lambda: [0] * DAY)
    rows = MailingHour.objects.filter(mailing__in=mailings, hour__gte=first, sent__gt=0)
    for mailing_id, hour, sent in rows.values_list("mailing_id", "hour", "sent"):
        hours[mailing_id][int((hour - first).total_seconds() // 3600)] = sent
    return {mailing_id: sparkline(values) for mailing_id, values in hours.items()}


def sparkline(values: Sequence[int]) -> SafeString:
    """A line without axes."""
    most = max(values) or 1
    step = SPARK_WIDTH / max(len(values) - 1, 1)
    points = [
        f"{index * step:.1f} {SPARK_HEIGHT - 1 - (SPARK_HEIGHT - 3) * value / most:.1f}"
        for index, value in enumerate(values)
    ]
    picture = svg.SVG(
        width=SPARK_WIDTH,
        height=SPARK_HEIGHT,
        viewBox=svg.ViewBoxSpec(0, 0, SPARK_WIDTH, SPARK_HEIGHT),
        class_=["spark"],
        elements=[svg.Path(d=None, extra={"d": "M" + "L".join(points)})],
        extra={"role": "img", "aria-label": f"{sum(values):,} in the last 24 hours"},
    )
    return mark_safe(picture.as_str())  # noqa: S308  numbers only


def bars(places: Sequence[str], series: Sequence[Series], label: str) -> SafeString:
    """Bars side by side at each place, with a grid of three lines and a title on each bar."""
    most = _round_up(max((value for row in series for value in row.values), default=0))
    groups = [
        svg.G(
            class_=[row.css] if row.css else None,
            elements=_bars_of(places, row, index, len(series), most),
        )
        for index, row in enumerate(series)
    ]
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, HEIGHT),
        class_=["chart"],
        elements=[*_grid(most), *_below(places), *groups],
        extra={"role": "img", "aria-label": escape(label)},
    )
    return mark_safe(picture.as_str())  # noqa: S308  numbers, and words that were escaped


def hour_label(moment: datetime) -> str:
    return f"{moment:%H:%M}"


def _round_up(value: int) -> int:
    """The next 1, 2 or 5 followed by zeros, at least 4: a number that halves well."""
    if value <= 4:  # noqa: PLR2004
        return 4
    power = int(10 ** (len(str(value)) - 1))
    return next(n * power for n in (1, 2, 4, 5, 6, 8, 10) if n * power >= value)


def _y(value: float, most: int) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / most), 1)


def _grid(most: int) -> list[svg.Element]:
    levels = (0, most / 2, most)
    path = "".join(f"M{LEFT} {_y(level, most)}H{WIDTH}" for level in levels)
    return [
        svg.Path(class_=["grid"], extra={"d": path}),
        *(
            svg.Text(x=LEFT - 8, y=_y(level, most) + 4, text=f"{level:,.0f}", text_anchor="end")
            for level in levels
        ),
    ]


def _below(places: Sequence[str]) -> list[svg.Element]:
    """Every place is named, or as many as have room."""
    every = max(1, -(-len(places) // 7))
    width = (WIDTH - LEFT) / max(len(places), 1)
    return [
        svg.Text(
            x=round(LEFT + width * (index + 0.5), 1),
            y=HEIGHT - 6,
            text=str(escape(place)),
            text_anchor="middle",
        )
        for index, place in enumerate(places)
        if index % every == 0
    ]


def _bars_of(
    places: Sequence[str], row: Series, index: int, count: int, most: int
) -> list[svg.Element]:
    room = (WIDTH - LEFT) / max(len(places), 1)
    width = min(room * 0.8 / count, 40)
    start = LEFT + (room - width * count) / 2 + width * index
    return [
        svg.Rect(
            x=round(start + room * at, 1),
            y=_y(value, most),
            width=round(width * 0.9, 1),
            height=round(_y(0, most) - _y(value, most), 1),
            rx=min(2, width / 4),
            class_=["bar"],
            elements=[svg.Title(text=str(escape(f"{places[at]}: {value:,} {row.label.lower()}")))],
        )
        for at, value in enumerate(row.values)
        if value
    ]
