"""A copy of a site in the making: first the tables, in one moment; then files, step by step, each
committed with what the archive knows of itself.

What a kill cuts off of the moment is begun anew, because another moment agrees with nothing of it.
Every later step holds the lock of the copy's row, so two tasks take turns and never write at once.
"""

import logging
import time
from contextlib import suppress

from django.core.cache import cache
from django.db import DatabaseError, connection
from django.utils import timezone
from redis.exceptions import RedisError

from comm100.core.archive import Archive, Broken, Ledger
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.storage import drop_file, kept_file, site_path
from comm100.core.tenancy import one_moment, working_for
from operators.copying.sources import COPIES, Source, count_rows, files, of_one_moment
from operators.events import SiteCopied
from operators.models import SiteCopy

log = logging.getLogger("comm100.copy")
State = SiteCopy.State
TOLD_FOR = 120  # seconds that a progress counts without another one
MINE = "SELECT pg_try_advisory_xact_lock(hashtext('site copy'), %s)"


def work_on_copy(site_id: int, copy_id: int, *, seconds: float) -> bool:
    """For a while, but for the moment, which takes as long as it does; answer whether something is
    left. Safe to repeat."""
    end = time.monotonic() + seconds
    try:
        _take_moment(site_id, copy_id)
        while _step(site_id, copy_id):
            if time.monotonic() > end:
                return True
    except (OSError, Broken, DatabaseError):
        log.exception("the copy %s of site %s does not go on", copy_id, site_id)
        _note_failure(site_id, copy_id)
    return False


def progress_of(copy: SiteCopy) -> tuple[int, int]:
    """Rows that are written and rows in all; (0, 0) before anybody counted."""
    told: tuple[int, int] | None = None
    with suppress(RedisError):
        told = cache.get(_progress_key(copy.pk))
    return (copy.rows, copy.total_rows) if copy.ledger or told is None else told


def _progress_key(copy_id: int) -> str:
    return f"copy-progress:{copy_id}"


def _take_moment(site_id: int, copy_id: int) -> None:
    """The tables into a file of their own, which counts once the row says so; of two one counts."""
    stored_as = site_path(site_id, COPIES, ".zip")
    try:
        taken = _taken(site_id, copy_id, stored_as)
        if taken:
            _note_moment(site_id, copy_id, stored_as, *taken)
    except BaseException:
        drop_file(stored_as)
        raise


def _taken(site_id: int, copy_id: int, stored_as: str) -> tuple[Ledger, int] | None:
    with one_moment(), working_for(site_id), connection.cursor() as cursor:
        cursor.execute(MINE, [copy_id % 2**31])
        (is_mine,) = cursor.fetchone()
        copy = SiteCopy.objects.filter(pk=copy_id, state=State.RUNNING).first()
        if not is_mine or copy is None or copy.ledger:
            return None
        total, ledger = count_rows(), Ledger()
        with Archive(kept_file(stored_as), ledger) as archive:
            for source in of_one_moment():
                while _write(archive, source):
                    _tell(copy_id, ledger.rows, total)
    return ledger, total


def _tell(copy_id: int, rows: int, total: int) -> None:
    """For the page: nothing can be committed meanwhile."""
    with suppress(RedisError):
        cache.set(_progress_key(copy_id), (rows, total), TOLD_FOR)


def _note_moment(site_id: int, copy_id: int, stored_as: str, ledger: Ledger, total: int) -> None:
    with working_for(site_id):
        copy = SiteCopy.objects.select_for_update().filter(pk=copy_id, state=State.RUNNING).first()
        if copy is None or copy.ledger:  # another one was faster
            drop_file(stored_as)
            return
        copy.stored_as, copy.total_rows = stored_as, total
        _note(copy, ledger)
        copy.save()


def _step(site_id: int, copy_id: int) -> bool:
    """One piece of a file; answer whether more is to be done."""
    with working_for(site_id):
        copy = SiteCopy.objects.select_for_update().filter(pk=copy_id).first()
        if copy is None or not copy.is_running or not copy.ledger:
            return False
        ledger = Ledger.from_facts(copy.ledger)
        source = _next(ledger)
        with Archive(kept_file(copy.stored_as), ledger) as archive:
            if source:
                _write(archive, source)
            else:
                copy.digest = archive.finish()
        _note(copy, ledger)
        copy.save()
        if source is None:
            _finish(copy)
    return source is not None


def _next(ledger: Ledger) -> Source | None:
    """What is being written, else the first source that is not there yet."""
    opened = ledger.opened
    there = {member.name for member in ledger.members}
    for source in files(ledger):
        if source.name == opened.name if opened else source.name not in there:
            return source
    if opened:  # its source is gone: a file that was dropped
        raise Broken(f"{opened.name} cannot be finished")
    return None


def _write(archive: Archive, source: Source) -> bool:
    """One piece; answer whether it has another one."""
    ledger = archive.ledger
    if ledger.opened is None:
        archive.begin(source.name)
    piece = source.read(ledger.mark)
    if piece.data:
        archive.add(piece.data, rows=piece.rows)
    if piece.mark is None:
        archive.close()
        return False
    ledger.mark = piece.mark
    return True


def _note(copy: SiteCopy, ledger: Ledger) -> None:
    copy.ledger, copy.rows, copy.size = ledger.facts(), ledger.rows, ledger.end
    copy.moved_at, copy.failures = timezone.now(), 0


def _finish(copy: SiteCopy) -> None:
    copy.state, copy.finished_at, copy.ledger = State.DONE, timezone.now(), {}
    copy.save()
    facts = {"rows": copy.rows, "bytes": copy.size, "sha256": copy.digest}
    record("site.copied", copy, by="system", **facts)
    publish(SiteCopied(site_id=copy.site_id, copy_id=copy.pk))


def _note_failure(site_id: int, copy_id: int) -> None:
    """The beat tries again; what cannot be made is given up, and its file with it."""
    with working_for(site_id):
        copy = SiteCopy.objects.select_for_update().get(pk=copy_id)
        copy.failures += 1
        copy.moved_at = timezone.now()
        if copy.failures >= SiteCopy.MOST_FAILURES:
            drop_file(copy.stored_as)
            copy.state, copy.stored_as, copy.ledger = State.FAILED, "", {}
        copy.save()
