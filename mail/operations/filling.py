"""From an audience to rows of the outbox: in chunks, each committed with its watermark."""

import threading
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from psycopg2.errors import DeadlockDetected

from comm100.core.events import publish
from comm100.core.hands import side_by_side
from comm100.core.tenancy import working_for
from mail.events import MailingHeld, MailingOpened
from mail.models import Lane, Mailing, Outbox
from mail.operations.lying_still import hold_missed, lay_still
from mail.operations.proving import set_canary
from mail.statements import statement
from visitors.models import Contact, Kind

State = Mailing.State
CHUNK = 50_000  # contacts in one transaction, under a second
HANDS = 2  # that write at a time: most of it is PostgreSQL's work, a process for each connection
# Only where it is needed: looking out for it costs a seventh of the whole filling.
EACH_ONCE = "ON CONFLICT (site_id, mailing_id, address_hash) DO NOTHING"
CHANGED = [
    "watermark", "total", "suppressed", "state", "hold_reason", "held_for", "filled_at",
    "turn_at", "canary", "canary_left",
]  # fmt: skip


class Staged(NamedTuple):
    """A chunk of the audience that was looked up: how many, from which contact on, to which."""

    seen: int
    after: int
    last_id: int


class Written(NamedTuple):
    added: int
    suppressed: int


class _Overtaken(Exception):
    """Somebody else has moved the watermark, or the mailing fills no more."""


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
        staged = _stage(contacts, after=mailing.watermark, size=size)
        _take_note(mailing, staged, _write(mailing, times or {}), size)
        return mailing.state != State.FILLING


def fill(
    mailing: Mailing,
    contacts: QuerySet[Contact],
    *,
    times: Mapping[str, datetime] | None = None,
    size: int = CHUNK,
    seconds: float = 20,
) -> bool:
    """Chunk after chunk, until there are no more or the time is over; True when there are no more.

    The first chunk is filled here, and is the only one for most mailings. More of them are written
    by HANDS at a time, each on a database connection of its own; inside of somebody's transaction,
    which no other connection sees into, here as well.
    """
    until = time.monotonic() + seconds
    while True:
        with working_for(mailing.site_id):
            if fill_chunk(mailing, contacts, size, times):
                return True
        if time.monotonic() > until:
            return False
        if not connection.in_atomic_block:
            return _fill_by_hands(mailing, contacts, times or {}, size, until)


def _fill_by_hands(
    mailing: Mailing,
    contacts: QuerySet[Contact],
    times: Mapping[str, datetime],
    size: int,
    until: float,
) -> bool:
    with working_for(mailing.site_id):
        chunks = _Chunks(_fresh(mailing), contacts, times, size, until)
    side_by_side(chunks.work, HANDS)
    with working_for(mailing.site_id):
        return _fresh(mailing).state != State.FILLING


def _fresh(mailing: Mailing) -> Mailing:
    return Mailing.objects.without_content().get(pk=mailing.pk)


class _Chunks:
    """What several hands share. Chunks are looked up one after the other, because each begins where
    the one before ends; then they are written side by side, and committed in their order again, so
    the watermark never stands behind a row that is not there.

    A chunk waits for the one before by a lock of the database, not of Python: should that one wait
    for a row of this one, the database sees the circle and ends one of them: the next `fill` begins
    behind what was committed.
    """

    def __init__(
        self,
        mailing: Mailing,
        contacts: QuerySet[Contact],
        times: Mapping[str, datetime],
        size: int,
        until: float,
    ) -> None:
        self._mailing, self._contacts, self._times = mailing, contacts, times
        self._size, self._until = size, until
        self._looking_up = threading.Lock()
        self._number, self._reached, self._is_over = 0, mailing.watermark, False

    def work(self) -> None:
        """One hand, in a thread: chunk after chunk until nothing is left to look up."""
        try:
            while self._fill_next():
                pass
        except BaseException as error:
            self._is_over = True
            if not (isinstance(error, _Overtaken) or _is_circle(error)):
                raise

    def _fill_next(self) -> bool:
        with working_for(self._mailing.site_id):
            with self._looking_up:
                if self._is_over or time.monotonic() > self._until:
                    return False
                self._number = number = self._number + 1
                self._wait_for(number)  # nobody has it: this chunk's own, until it is committed
                staged = _stage(self._contacts, after=self._reached, size=self._size)
                self._reached, self._is_over = staged.last_id, staged.seen < self._size
            written = _write(self._mailing, self._times)
            self._wait_for(number - 1)
            # no_key: rows of later chunks refer to the mailing already
            mailing = Mailing.objects.select_for_update(no_key=True).get(pk=self._mailing.pk)
            if mailing.state != State.FILLING or mailing.watermark != staged.after:
                raise _Overtaken
            _take_note(mailing, staged, written, self._size)
        return True

    def _wait_for(self, number: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"filling/{self._mailing.pk}/{number}"],
            )


def _is_circle(error: BaseException) -> bool:
    """Whether the database ended this transaction because two waited for each other."""
    return isinstance(error.__cause__, DeadlockDetected)


def _stage(contacts: QuerySet[Contact], *, after: int, size: int) -> Staged:
    """Look up the next of the audience; they stand in `outbox_chunk` until they are written."""
    audience = contacts.filter(pk__gt=after).order_by("pk")
    columns = audience.values_list("pk", "email", "email_hash", "time_zone")[:size]
    sql, parameters = columns.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE outbox_chunk (id, email, email_hash, time_zone) ON COMMIT DROP AS "
            + sql,
            parameters,
        )
        cursor.execute("SELECT count(*), max(id) FROM outbox_chunk")
        seen, last_id = cursor.fetchone()
    return Staged(seen, after, last_id or after)


def _write(mailing: Mailing, times: Mapping[str, datetime]) -> Written:
    """What is staged becomes rows of the outbox."""
    values = {
        "site_id": mailing.site_id,
        "mailing_id": mailing.pk,
        "lane": Lane.MARKETING.value,
        "kind": mailing.kind,
        "marketing_kind": Kind.MARKETING.value,
        "ready": Outbox.State.READY.value,
        "not_before": mailing.not_before or timezone.now(),
        "zones": list(times),
        "times": list(times.values()),
    }
    try:
        written = _run(statement("fill"), values)
    except IntegrityError:  # an address is in there already: its contact was made anew meanwhile
        written = _run(statement("fill").replace("/* conflict */", EACH_ONCE), values)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE outbox_chunk")  # several chunks may share a transaction
    return written


def _run(sql: str, values: dict[str, Any]) -> Written:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)
        return Written(*cursor.fetchone())


def _take_note(mailing: Mailing, staged: Staged, written: Written, size: int) -> None:
    """Of a chunk that was written, in the mailing; the caller holds its lock."""
    mailing.turn_at = timezone.now()
    mailing.watermark = staged.last_id
    mailing.total += written.added + written.suppressed
    mailing.suppressed += written.suppressed
    if 0 < mailing.recipient_cap < mailing.total:
        _hold_over_cap(mailing)
    elif staged.seen < size:
        _open(mailing)
    mailing.save(update_fields=CHANGED)


def _hold_over_cap(mailing: Mailing) -> None:
    mailing.state, mailing.held_for = State.HELD, Mailing.HeldFor.CAP
    mailing.hold_reason = f"More than the {mailing.recipient_cap} recipients that were approved"
    publish(MailingHeld.about(mailing, reason=mailing.hold_reason))


def _open(mailing: Mailing) -> None:
    mailing.filled_at = timezone.now()
    mailing.state = State.OPEN
    set_canary(mailing)
    publish(MailingOpened.about(mailing))  # with nobody left to write to, the lane ends it
