"""An import in short slices: each chunk is one transaction that moves the watermark.

A lease with a fencing token keeps two slices from running the same import; after a crash the
lease runs out and `tasks.wake_stale_imports` starts the next slice at the watermark.
"""

import logging
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID, uuid4

from django.db import connection
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.statistics import learn_site
from comm100.core.tenancy import current_site_id, working_for
from visitors.destinations import send_on
from visitors.events import ImportFinished
from visitors.importing.chunk import (
    Chunk,
    forget_staged,
    read_chunk,
    write_people,
    write_refused,
)
from visitors.importing.dialect import Dialect
from visitors.importing.records import Records
from visitors.importing.rows import Columns
from visitors.importing.settling import Settler
from visitors.models import Import

SLICE_SECONDS = 20
LEASE = timedelta(seconds=60)
MOST_FAILURES = 3
READER_SECONDS = 0.0002
GONE = "The uploaded file is gone. Upload it again; what was imported so far stays."
GAVE_UP = "Something went wrong near line {line}, three times in a row. Nothing before it is lost."

log = logging.getLogger("visitors.importing")


def work_slice(run_id: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """Work on an import for some seconds; answer whether there is more to do."""
    site_id, token = current_site_id() or 0, uuid4()
    with working_for(site_id):
        run = _claimed(run_id, token)
    if run is None:
        return False
    try:
        goes_on = _work(run, token, until=time.monotonic() + seconds)
        learn_site(site_id)  # of what the last chunk brought, too
        return goes_on
    except (FileNotFoundError, IsADirectoryError):
        with working_for(site_id):
            _end(Import.objects.select_for_update().get(pk=run_id), Import.State.FAILED, GONE)
        return False
    except Exception:
        with working_for(site_id):
            _count_failure(run_id)
        raise


def _claimed(run_id: int, token: UUID) -> Import | None:
    """The running import under our lease; None when it is over or another slice works on it."""
    run = Import.objects.select_for_update().filter(pk=run_id, state=Import.State.RUNNING).first()
    now = timezone.now()
    if run is None or (run.lease_until and run.lease_until > now):
        return None
    run.lease_token, run.lease_until = token, now + LEASE
    run.save(update_fields=["lease_token", "lease_until"])
    return run


def _work(run: Import, token: UUID, *, until: float) -> bool:
    """Chunk after chunk; the next is read from the file while the database writes this one."""
    columns = Columns.stored(run.mapping)
    with (
        run.path.open("rb") as file,
        ThreadPoolExecutor(1, "import-reader") as reader,
        Settler(run.site_id) as settler,
        _gives_way(),
    ):
        records = Records(file, Dialect.stored(run.dialect), offset=run.offset, lines=run.lines)
        coming = reader.submit(read_chunk, records, columns)
        while True:
            chunk = coming.result()
            is_time = time.monotonic() > until
            if not (chunk.is_last or is_time):
                coming = reader.submit(read_chunk, records, columns)
            with working_for(run.site_id):
                goes_on = _commit_chunk(run.pk, token, chunk, gives_back=is_time)
            if not goes_on or is_time:
                return goes_on
            settler.settle()


@contextmanager
def _gives_way() -> Iterator[None]:
    """The reading thread lets the writing one go on at once: its statements are short."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(READER_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def _commit_chunk(run_id: int, token: UUID, chunk: Chunk, *, gives_back: bool) -> bool:
    """Write one chunk and the watermark; answer whether more is to come."""
    run = Import.objects.select_for_update().get(pk=run_id)
    if run.lease_token != token or run.state != Import.State.RUNNING:
        return False
    if not chunk.is_last:
        _wait_for_no_disk()
    written = write_people(run, chunk)
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
    run.lease_until = None if gives_back or chunk.is_last else timezone.now() + LEASE
    run.save()
    if chunk.is_last:
        _end(run, Import.State.DONE)
    return not chunk.is_last


def _wait_for_no_disk() -> None:
    """A power cut may take back this chunk; its watermark goes with it, so it is read again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")


def _end(run: Import, state: int, problem: str = "") -> None:
    """The import is over: say so, prove it, and tell who cares."""
    run.state, run.problem, run.finished_at = state, problem, timezone.now()
    run.lease_token = run.lease_until = None
    run.save(update_fields=["state", "problem", "finished_at", "lease_token", "lease_until"])
    record(
        "contacts.imported",
        run,
        by=run.started_by or "system",
        state=Import.State(state).name.lower(),
        created=run.created,
        updated=run.updated,
        refused=run.refused,
        consent=run.consent,
    )
    publish(ImportFinished(site_id=run.site_id, import_id=run.pk))


def _count_failure(run_id: int) -> None:
    """A slice failed: the next tries again at the watermark, the third failure ends the import."""
    run = Import.objects.select_for_update().get(pk=run_id)
    if run.state != Import.State.RUNNING:
        return
    run.failures += 1
    run.lease_token = run.lease_until = None
    run.save(update_fields=["failures", "lease_token", "lease_until"])
    log.warning("a slice of import %s failed, time %s", run_id, run.failures)
    if run.failures >= MOST_FAILURES:
        _end(run, Import.State.FAILED, GAVE_UP.format(line=run.lines + 1))
