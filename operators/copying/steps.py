"""A copy of a site in the making: step by step, each committed with what the file knows of itself.

Every step holds the lock of the copy's row, so two tasks take turns and never write at once.
"""

import logging
import time

from django.db import DatabaseError
from django.utils import timezone

from comm100.core.archive import Archive, Broken, Ledger
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.storage import drop_file, kept_file
from comm100.core.tenancy import working_for
from operators.copying.sources import Source, count_rows, sources
from operators.events import SiteCopied
from operators.models import SiteCopy

log = logging.getLogger("comm100.copy")
State = SiteCopy.State


def work_on_copy(site_id: int, copy_id: int, *, seconds: float) -> bool:
    """For a while; answer whether something is left. Safe to repeat."""
    end = time.monotonic() + seconds
    try:
        while _step(site_id, copy_id):
            if time.monotonic() > end:
                return True
    except (OSError, Broken, DatabaseError):
        log.exception("the copy %s of site %s does not go on", copy_id, site_id)
        _note_failure(site_id, copy_id)
    return False


def _step(site_id: int, copy_id: int) -> bool:
    """One piece; answer whether more is to be done."""
    with working_for(site_id):
        copy = SiteCopy.objects.select_for_update().filter(pk=copy_id).first()
        if copy is None or not copy.is_running:
            return False
        if not copy.total_rows:
            copy.total_rows = count_rows()
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
    for source in sources(ledger):
        if source.name == opened.name if opened else source.name not in there:
            return source
    if opened:  # its source is gone: a file that was dropped
        raise Broken(f"{opened.name} cannot be finished")
    return None


def _write(archive: Archive, source: Source) -> None:
    ledger = archive.ledger
    if ledger.opened is None:
        archive.begin(source.name)
    piece = source.read(ledger.mark)
    if piece.data:
        archive.add(piece.data, rows=piece.rows)
    if piece.mark is None:
        archive.close()
    else:
        ledger.mark = piece.mark


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
