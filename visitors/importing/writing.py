"""Writers of an import: they take the chunks of a file in turn and commit them in its order."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from comm100.core.hands import side_by_side
from comm100.core.tenancy import working_for
from visitors.destinations import send_on
from visitors.importing.chunk import (
    Chunk,
    Staged,
    Written,
    forget_staged,
    read_chunk,
    stage_people,
    write_people,
    write_refused,
)
from visitors.importing.dialect import Dialect
from visitors.importing.ending import end_import
from visitors.importing.records import Records
from visitors.importing.rows import Columns
from visitors.importing.settling import Settler
from visitors.models import Import

HANDS = 2  # one looks up while the other inserts
LEASE = timedelta(seconds=60)
READER_SECONDS = 0.0002


def write_chunks(run: Import, token: UUID, *, until: float) -> bool:
    """Chunk after chunk, each a transaction that moves the watermark; answer whether there is more.

    The next is read and looked up while the database writes this one.
    """
    with (
        run.path.open("rb") as file,
        ThreadPoolExecutor(1, "import-reader") as reader,
        Settler(run.site_id) as settler,
        _gives_way(),
    ):
        records = Records(file, Dialect.stored(run.dialect), offset=run.offset, lines=run.lines)
        columns = Columns.stored(run.mapping)
        read = partial(reader.submit, read_chunk, records, columns)
        chunks = _Chunks(run, token, until, read, settler)
        if connection.in_atomic_block:  # what the caller wrote is seen by this connection alone
            chunks.work()
        else:
            side_by_side(chunks.work, HANDS)
    return chunks.last.result().goes_on


@contextmanager
def _gives_way() -> Iterator[None]:
    """The reading thread lets the writing one go on at once: its statements are short."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(READER_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


@dataclass(frozen=True)
class _Outcome:
    """Of a chunk: whether there is more to do, and what was written."""

    goes_on: bool
    written: Written = Written()  # noqa: RUF009  frozen


@dataclass(frozen=True)
class _Turn:
    """One chunk in the hands of a writer."""

    chunk: Chunk
    gives_back: bool
    before: "Future[_Outcome]"
    is_alone: bool  # has people of the chunk before, so it has to wait with looking them up
    done: "Future[_Outcome]" = field(default_factory=Future)


class _Chunks:
    """What the writers of a slice share: each has a database connection. They take chunks in turn:
    one copies its people and looks them up while the other one writes, and commits after it."""

    def __init__(
        self,
        run: Import,
        token: UUID,
        until: float,
        read: "Callable[[], Future[Chunk]]",
        settler: Settler,
    ) -> None:
        self._run, self._token, self._until = run, token, until
        self._read, self._settler = read, settler
        self._coming: Future[Chunk] | None = read()
        self._people: dict[str, Any] = {}  # of the chunk before
        self._taking = threading.Lock()
        self.last: Future[_Outcome] = Future()
        self.last.set_result(_Outcome(goes_on=True))

    def work(self) -> None:
        """One writer: chunk after chunk."""
        while turn := self._take():
            try:
                turn.done.set_result(self._write(turn))
            except BaseException as error:
                turn.done.set_exception(error)
                raise

    def _take(self) -> _Turn | None:
        with self._taking:
            if self._coming is None or _has_stopped(self.last):
                return None
            chunk, self._coming = self._coming.result(), None
            is_time = time.monotonic() > self._until
            if not (chunk.is_last or is_time):
                self._coming = self._read()
            if self._people:
                self._settler.settle()
            is_alone = not chunk.people.keys().isdisjoint(self._people)
            self._people = chunk.people
            turn = _Turn(chunk, is_time, self.last, is_alone)
            self.last = turn.done
            return turn

    def _write(self, turn: _Turn) -> _Outcome:
        with working_for(self._run.site_id):
            if not turn.chunk.is_last:
                _wait_for_no_disk()
            if turn.is_alone:
                turn.before.result()
            staged = stage_people(self._run, turn.chunk)
            before = turn.before.result()
            if not before.goes_on:
                return before
            return _commit_chunk(self._run.pk, self._token, turn, staged, before.written)


def _has_stopped(last: "Future[_Outcome]") -> bool:
    return last.done() and (last.exception() is not None or not last.result().goes_on)


def _commit_chunk(
    run_id: int, token: UUID, turn: _Turn, staged: Staged | None, before: Written
) -> _Outcome:
    """Write one chunk and the watermark."""
    chunk = turn.chunk
    run = Import.objects.select_for_update().get(pk=run_id)
    if run.lease_token != token or run.state != Import.State.RUNNING:
        return _Outcome(goes_on=False)
    written = write_people(run, chunk, staged, before)
    write_refused(run, chunk)
    if chunk.people:
        send_on(run)
        forget_staged()
    run.created += written.created
    run.updated += written.updated
    run.unchanged += written.unchanged
    run.duplicates += written.duplicates
    run.refused += len(chunk.refused)
    run.offset, run.lines, run.failures = chunk.offset, chunk.lines, 0
    run.lease_until = None if turn.gives_back or chunk.is_last else timezone.now() + LEASE
    run.save()
    if chunk.is_last:
        end_import(run, Import.State.DONE)
    return _Outcome(not chunk.is_last, written)


def _wait_for_no_disk() -> None:
    """A power cut may take back this chunk; its watermark goes with it, so it is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
