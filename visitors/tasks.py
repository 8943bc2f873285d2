"""Imports in slices, visits from their buffer, the beat that wakes both, and tidying up."""

from celery import shared_task
from django.db import connections

from comm100.core.storage import drop_file, drop_unfinished, old_files
from comm100.core.tasks import SiteTask, company_task
from comm100.core.tenancy import chosen_site, current_site_id, working_for
from visitors.importing import slices
from visitors.models import ContactCopy, Import
from visitors.operations import copies, erasing
from visitors.operations.field import erase_values
from visitors.operations.imports import UPLOADS, drop_upload
from visitors.visits.buffer import FILE_SECONDS, write_file_anew
from visitors.visits.moving import move

BEAT_SECONDS, MINUTE, DAY = 15, 60, 24 * 3600
MOVE_SECONDS = 2  # how far the live page is behind


@shared_task(base=SiteTask, own_transactions=True)
def run_import(import_id: int) -> None:
    """Work on an import for a while, then let others have the worker. Safe to run twice."""
    if slices.work_slice(import_id):
        run_import.delay(import_id)


@shared_task
def tidy_import(import_id: int) -> None:
    """An import that is over needs its file no more, unless it failed and may go on."""
    run = Import.objects.get(pk=import_id)
    if run.state in {Import.State.DONE, Import.State.CANCELLED}:
        drop_upload(run)


@shared_task(base=SiteTask, own_transactions=True)
def erase_field(key: str, after: int = 0) -> None:
    """Take a removed custom field out of all contacts, some thousand a transaction."""
    for _ in range(20):
        with working_for(current_site_id() or 0):
            after = erase_values(key, after, 5000)
        if not after:
            return
    erase_field.delay(key, after)


@company_task(every=BEAT_SECONDS)
def wake_stale_imports() -> None:
    """After a crash: an import whose lease ran out goes on at its watermark."""
    with connections["post"].cursor() as cursor:
        cursor.execute("SELECT site_id, import_id FROM app.stale_imports()")
        stale = cursor.fetchall()
    for site_id, import_id in stale:
        with chosen_site(site_id):
            run_import.delay(import_id)


@company_task(every=DAY)
def sweep_lost_uploads() -> None:
    """Files that a crash left behind: the upload was stored, its import never committed."""
    drop_unfinished(seconds=DAY)
    for site_id, files in old_files(UPLOADS, seconds=DAY).items():
        with chosen_site(site_id):
            drop_lost_uploads.delay(files)


@shared_task
def drop_lost_uploads(files: list[str]) -> None:
    known = set(Import.objects.filter(stored_as__in=files).values_list("stored_as", flat=True))
    for stored_as in set(files) - known:
        drop_file(stored_as)


@shared_task(base=SiteTask, own_transactions=True, queue="transactional")
def make_copy(copy_id: int) -> None:
    """A copy of all that is held of a contact. Safe to run twice."""
    copies.make_copy(copy_id)


@shared_task(base=SiteTask, own_transactions=True, queue="transactional")
def erase_contact(erasure_id: int) -> None:
    """Erase for a while, then let others have the worker. Safe to run twice."""
    if erasing.erase_contact(erasure_id):
        erase_contact.delay(erasure_id)


@company_task(every=MINUTE, queue="transactional")
def wake_wishes() -> None:
    """After a crash, or when something was on its way: copies and erasures go on."""
    for site_id, wish_id, kind in _wishes():
        with chosen_site(site_id):
            (erase_contact if kind == "erasure" else make_copy).delay(wish_id)


@company_task(every=DAY)
def sweep_lost_copies() -> None:
    """Files of which a crash left no row."""
    for site_id, files in old_files(copies.COPIES, seconds=DAY).items():
        with chosen_site(site_id):
            drop_lost_copies.delay(files)


@shared_task
def drop_lost_copies(files: list[str]) -> None:
    known = set(ContactCopy.objects.filter(stored_as__in=files).values_list("stored_as", flat=True))
    for stored_as in set(files) - known:
        drop_file(stored_as)


@company_task(every=MOVE_SECONDS)
def move_visits() -> None:
    """Events of all sites from the buffer into rows; each site's in a transaction of its own."""
    move()


@company_task(every=FILE_SECONDS)
def write_buffer_anew() -> None:
    """What became rows, and counters that ended, go from the file of Valkey."""
    write_file_anew()


def _wishes() -> list[tuple[int, int, str]]:
    with connections["post"].cursor() as cursor:
        cursor.execute("SELECT site_id, wish_id, kind FROM app.wishes_that_wait()")
        return list(cursor.fetchall())
