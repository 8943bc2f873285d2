"""An import in short slices: each chunk is one transaction that moves the watermark.

A lease with a fencing token keeps two slices from running the same import; after a crash the
lease runs out and `tasks.wake_stale_imports` starts the next slice at the watermark.
"""

import logging
import time
from uuid import UUID, uuid4

from django.utils import timezone

from comm100.core.statistics import learn_site
from comm100.core.tenancy import current_site_id, working_for
from visitors.importing.ending import end_import
from visitors.importing.writing import LEASE, write_chunks
from visitors.models import Import

SLICE_SECONDS = 20
MOST_FAILURES = 3
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
        goes_on = write_chunks(run, token, until=time.monotonic() + seconds)
        learn_site(site_id)  # of what the last chunk brought, too
        return goes_on
    except (FileNotFoundError, IsADirectoryError):
        with working_for(site_id):
            end_import(Import.objects.select_for_update().get(pk=run_id), Import.State.FAILED, GONE)
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
        end_import(run, Import.State.FAILED, GAVE_UP.format(line=run.lines + 1))
