"""How the lanes and the workers are, in the staff admin: counts and ages, no mail."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from comm100.core.staff import (
    Panel,
    StaffPlace,
    offer_panel,
    offer_staff_place,
    staff_may,
    staff_page,
)
from comm100.core.tenancy import across_sites
from mail.models import Lane, MailingHour, Outbox, Relay
from operators.nights import last_night_everywhere
from website.coming_back import coming_back
from website.pulse import PROBE_SECONDS, Pulse, take_pulse

SEE_HEALTH = "mail.view_relay"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class LaneHealth:
    """One lane: what is due, what waits for another try, when its worker last answered."""

    name: str
    is_wrong: bool
    due: int
    oldest_seconds: int
    in_flight: int
    retrying: int
    probe_seconds: int | None
    worker_is_late: bool


def offer_health() -> None:
    offer_staff_place(
        StaffPlace(
            label="Health",
            url_name="staff_health",
            icon="monitor_heart",
            permission=SEE_HEALTH,
            order=20,
            has_own_page=True,
        )
    )
    offer_panel(
        Panel(template="staff/panels/health.html", facts=facts, permission=SEE_HEALTH, order=20)
    )


@staff_may(SEE_HEALTH)
def health(request: HttpRequest) -> HttpResponse:
    more = {
        "relays": Relay.objects.using("post").order_by("name"),
        "marketing": _marketing_day(),
        "coming_back": coming_back(),
        "nights": last_night_everywhere(),
    }
    return staff_page(request, "staff/health.html", facts() | more)


def facts() -> dict[str, Any]:
    pulse = take_pulse()
    return {"pulse": pulse, "lanes": _lanes(pulse)}


def _lanes(pulse: Pulse) -> list[LaneHealth]:
    counts = _counts()
    lanes = []
    for lane in Lane:
        waiting, age = pulse.unsent.get(lane.label), pulse.probe_seconds.get(lane.label)
        late = age is None or age > PROBE_SECONDS
        lanes.append(
            LaneHealth(
                name=lane.label,
                is_wrong=late or f"mail-{lane.label}" in pulse.wrong,
                due=waiting.count if waiting else 0,
                oldest_seconds=int(waiting.oldest_seconds) if waiting else 0,
                in_flight=counts.get((lane, Outbox.State.INFLIGHT), 0),
                retrying=counts.get((lane, Outbox.State.RETRY), 0),
                probe_seconds=None if age is None else int(age),
                worker_is_late=late,
            )
        )
    return lanes


def _counts() -> dict[tuple[int, int], int]:
    """(lane, state) → rows of all sites that are on their way; served by partial indexes."""
    with across_sites():
        rows = Outbox.objects.using("post").unsent().values_list("lane", "state")
    return {(lane, state): n for lane, state, n in rows.annotate(n=Count("pk"))}


def _marketing_day() -> dict[str, int]:
    """What became of marketing mail within a day, of all sites."""
    with across_sites():
        hours = MailingHour.objects.using("post").filter(hour__gte=timezone.now() - DAY)
    return hours.aggregate(**{name: Sum(name, default=0) for name in ("sent", "failed", "bounced")})
