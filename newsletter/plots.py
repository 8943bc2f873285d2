"""Pictures of numbers: SVG made here, coloured by static/css/chart.css, no style attributes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import svg
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from comm100.core.plots import Series, bars
from mail.models import MailingHour
from newsletter.models import Campaign

DAY = 24
SPARK_WIDTH, SPARK_HEIGHT = 96, 22


__all__ = ["Series", "bars", "hour_label", "sparkline", "sparklines"]


def sparklines(campaigns: Iterable[Campaign]) -> dict[int, SafeString]:
    """Campaign id → what left in each of the last 24 hours; one query for all of them."""
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    first = now - timedelta(hours=DAY - 1)
    of_mailing = {part.pk: row.pk for row in campaigns for part in row.parts}
    hours: dict[int, list[int]] = defaultdict(lambda: [0] * DAY)
    rows = MailingHour.objects.filter(mailing__in=of_mailing, hour__gte=first, sent__gt=0)
    for mailing_id, hour, sent in rows.values_list("mailing_id", "hour", "sent"):
        hours[of_mailing[mailing_id]][int((hour - first).total_seconds() // 3600)] += sent
    return {campaign_id: sparkline(values) for campaign_id, values in hours.items()}


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


def hour_label(moment: datetime) -> str:
    return f"{moment:%H:%M}"
