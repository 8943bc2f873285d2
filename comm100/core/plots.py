"""Pictures of numbers: SVG made here, coloured by static/css/chart.css, no style attributes."""

from collections.abc import Sequence
from dataclasses import dataclass

import svg
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 440, 170, 40, 10, 26
LINE, TURNS, FEW = 16, 2, 8  # few words below: in two lines by turns
LETTER, GAP = 9.5, 8  # of the words below: the width of a letter where they are largest (chart.css)


@dataclass(frozen=True)
class Series:
    """One row of bars: a label, its class in chart.css, and a number for each place."""

    label: str
    css: str
    values: Sequence[int]


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
    height = HEIGHT + (LINE if _in_two_lines(places) else 0)
    picture = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, WIDTH, height),
        class_=["chart"],
        elements=[*_grid(most), *_below(places), *groups],
        extra={"role": "img", "aria-label": escape(label)},
    )
    return mark_safe(picture.as_str())  # noqa: S308  numbers, and words that were escaped


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
    """Every place is named, in two lines by turns where one has no room for them; of more places
    as many as have room beside each other."""
    in_two = _in_two_lines(places)
    every = 1 if in_two else _step(places)
    width = (WIDTH - LEFT) / max(len(places), 1)
    return [
        svg.Text(
            x=round(min(LEFT + width * (index + 0.5), WIDTH - len(place) * LETTER / 2), 1),
            y=HEIGHT - 6 + (LINE if in_two and index % TURNS else 0),
            text=str(escape(place)),
            text_anchor="middle",
        )
        for index, place in enumerate(places)
        if index % every == 0
    ]


def _in_two_lines(places: Sequence[str]) -> bool:
    return _step(places) == TURNS and len(places) <= FEW


def _step(places: Sequence[str]) -> int:
    """Every how manieth place has room for its name."""
    room = max((len(place) for place in places), default=0) * LETTER + GAP
    return max(1, -(-len(places) // max(1, int((WIDTH - LEFT) // room))))


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
