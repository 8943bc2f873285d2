"""The facts of `/health/` and `/metrics`: does each part answer, how long does mail wait."""

from dataclasses import asdict, dataclass

from django.db import DatabaseError, connection
from django.db.models import Count, Min
from django.utils import timezone
from redis.exceptions import RedisError

from comm100.core.probes import EVERY, probe_ages
from comm100.core.tenancy import across_sites
from mail.models import Lane, Outbox

PROBE_SECONDS = 6 * EVERY  # a lane whose probe is older than this does no work
COUNTED = 10_000  # a page of status may not walk a million rows
UNSENT_SECONDS = {Lane.TRANSACTIONAL: 900, Lane.MARKETING: None}  # a held campaign waits long


@dataclass(frozen=True)
class Waiting:
    """Mail of one lane that is due and has not left: how many, the oldest for how long."""

    count: int = 0
    oldest_seconds: float = 0.0


@dataclass(frozen=True)
class Pulse:
    """What was found; None where it could not be asked. `wrong` names the parts that fail."""

    wrong: list[str]
    database: bool
    broker: bool
    probe_seconds: dict[str, float | None]
    unsent: dict[str, Waiting]

    def as_json(self) -> dict[str, object]:
        return {"ok": not self.wrong} | asdict(self)


def take_pulse() -> Pulse:
    wrong = []
    database = _database_answers()
    unsent = _unsent() if database else {}
    try:
        ages, broker = probe_ages(), True
    except RedisError:
        ages, broker = {}, False
    wrong += [] if database else ["database"]
    wrong += [] if broker else ["broker"]
    wrong += [f"worker-{lane}" for lane, age in ages.items() if _is_late(age)]
    wrong += [f"mail-{name}" for name, waiting in unsent.items() if _waits_long(name, waiting)]
    return Pulse(wrong, database, broker, ages, unsent)


def _is_late(age: float | None) -> bool:
    return age is None or age > PROBE_SECONDS


def _waits_long(name: str, waiting: Waiting) -> bool:
    limit = UNSENT_SECONDS[Lane[name.upper()]]
    return limit is not None and waiting.oldest_seconds > limit


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        connection.close()
        return False
    return True


def _unsent() -> dict[str, Waiting]:
    """Lane → what waits there, of all sites, read as the post; counted up to COUNTED."""
    with across_sites():
        return {lane.label: _waiting(lane) for lane in Lane}


def _waiting(lane: Lane) -> Waiting:
    now = timezone.now()
    due = Outbox.objects.using("post").filter(
        lane=lane, state__in=(Outbox.State.READY, Outbox.State.RETRY), not_before__lte=now
    )
    found = due[:COUNTED].aggregate(n=Count("pk"), oldest=Min("not_before"))
    oldest = found["oldest"] or now
    return Waiting(found["n"], round((now - oldest).total_seconds(), 1))
