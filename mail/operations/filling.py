"""From an audience to rows of the outbox: in chunks, each committed with its watermark."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from comm100.core.events import publish
from mail.events import MailingHeld, MailingOpened
from mail.models import Lane, Mailing, Outbox
from mail.operations.lying_still import hold_missed, lay_still
from mail.operations.proving import set_canary
from mail.statements import statement
from visitors.models import Contact, Kind

State = Mailing.State
CHUNK = 50_000  # contacts in one transaction, under a second
# Only where it is needed: looking out for it costs a seventh of the whole filling.
EACH_ONCE = "ON CONFLICT (site_id, mailing_id, address_hash) DO NOTHING"
CHANGED = [
    "watermark", "total", "suppressed", "state", "hold_reason", "held_for", "filled_at",
    "turn_at", "canary", "canary_left",
]  # fmt: skip


class Chunk(NamedTuple):
    seen: int
    added: int
    suppressed: int
    last_id: int


def fill_chunk(
    mailing: Mailing,
    contacts: QuerySet[Contact],
    size: int = CHUNK,
    times: Mapping[str, datetime] | None = None,
) -> bool:
    """Put the next `size` contacts of the audience into the outbox; True when there are no more.

    Then the mailing is open: its rows leave from `not_before` on, or where `times` has the time
    zone of a contact ("" for none), from then on. It is held instead when the
    audience is larger than the approved cap. A mailing that is not filling answers True.
    """
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
        if mailing.state != State.FILLING:
            return True
        if lay_still(mailing):
            hold_missed(mailing)
            return True
        chunk = _insert(mailing, contacts, size, times or {})
        mailing.turn_at = timezone.now()
        mailing.watermark = chunk.last_id
        mailing.total += chunk.added + chunk.suppressed
        mailing.suppressed += chunk.suppressed
        over = 0 < mailing.recipient_cap < mailing.total
        if over:
            _hold_over_cap(mailing)
        elif chunk.seen < size:
            _open(mailing)
        mailing.save(update_fields=CHANGED)
        return mailing.state != State.FILLING


def _insert(
    mailing: Mailing, contacts: QuerySet[Contact], size: int, times: Mapping[str, datetime]
) -> Chunk:
    audience = contacts.filter(pk__gt=mailing.watermark).order_by("pk")
    columns = audience.values_list("pk", "email", "email_hash", "time_zone")[:size]
    sql, parameters = columns.query.sql_with_params()
    values = {
        "site_id": mailing.site_id,
        "mailing_id": mailing.pk,
        "lane": Lane.MARKETING.value,
        "kind": mailing.kind,
        "marketing_kind": Kind.MARKETING.value,
        "ready": Outbox.State.READY.value,
        "watermark": mailing.watermark,
        "not_before": mailing.not_before or timezone.now(),
        "zones": list(times),
        "times": list(times.values()),
    }
    driver: Any = connection.ops  # PostgreSQL's: both texts get their values quoted by psycopg
    quoted = driver.compose_sql(statement("fill"), values)
    wanted = driver.compose_sql(sql, parameters)
    try:
        return _run(quoted, wanted)
    except IntegrityError:  # an address is in there already: its contact was made anew meanwhile
        return _run(quoted.replace("/* conflict */", EACH_ONCE), wanted)


def _run(statement: str, audience: str) -> Chunk:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.replace("/* audience */", audience))
        return Chunk(*cursor.fetchone())


def _hold_over_cap(mailing: Mailing) -> None:
    mailing.state, mailing.held_for = State.HELD, Mailing.HeldFor.CAP
    mailing.hold_reason = f"More than the {mailing.recipient_cap} recipients that were approved"
    publish(MailingHeld.about(mailing, reason=mailing.hold_reason))


def _open(mailing: Mailing) -> None:
    mailing.filled_at = timezone.now()
    mailing.state = State.OPEN
    set_canary(mailing)
    publish(MailingOpened.about(mailing))  # with nobody left to write to, the lane ends it
