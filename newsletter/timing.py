"""When a campaign leaves: at one moment, or when each reader's own clock shows a time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from comm100.core.zones import every_zone
from newsletter.models import Campaign

GRACE = timedelta(hours=2)  # later than that, a person says whether it still is to leave
NO_ZONE = ""


@dataclass(frozen=True)
class Schedule:
    """The wish of a writer; `fallback_zone` is "" for a moment that is the same everywhere."""

    wanted_at: datetime | None = None  # in the zone of the site; None: as soon as possible
    fallback_zone: str = ""

    @property
    def starts_at(self) -> datetime | None:
        """When the first reader's time is."""
        if self.wanted_at is None or not self.fallback_zone:
            return self.wanted_at
        return min(times_by_zone(self.wanted_at, self.fallback_zone).values())

    @property
    def ends_at(self) -> datetime | None:
        """When the last reader's time is."""
        if self.wanted_at is None or not self.fallback_zone:
            return self.wanted_at
        return max(times_by_zone(self.wanted_at, self.fallback_zone).values())


def schedule_of(campaign: Campaign) -> Schedule:
    return Schedule(campaign.wanted_at, campaign.fallback_zone)


def times_by_zone(wanted_at: datetime, fallback_zone: str) -> dict[str, datetime]:
    """For each time zone of a contact, "" for none, the moment when its clock shows the time."""
    on_the_clock = wanted_at.astimezone(ZoneInfo(fallback_zone)).replace(tzinfo=None)
    return {NO_ZONE: wanted_at} | dict(_moments(on_the_clock))


def _moments(on_the_clock: datetime) -> Iterator[tuple[str, datetime]]:
    for name, zone in every_zone().items():
        yield name, on_the_clock.replace(tzinfo=zone)


def fill_times(campaign: Campaign) -> dict[str, datetime]:
    """What `mail.fill` takes: nothing for a campaign that leaves at one moment.

    Where the time has passed already when the outbox fills, the mail leaves at once.
    """
    if campaign.wanted_at is None or not campaign.fallback_zone:
        return {}
    return times_by_zone(campaign.wanted_at, campaign.fallback_zone)


def is_overdue(campaign: Campaign) -> bool:
    """Its time passed long ago: while it waited for a moderator, or while nothing was running."""
    return campaign.wanted_at is not None and timezone.now() > campaign.wanted_at + GRACE
