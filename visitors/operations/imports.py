"""What people do with imports: upload, start, cancel."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.files import File
from django.db import transaction
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from comm100.core.storage import drop_file, keep_file, kept_file
from operators.models import Operator
from visitors.events import ImportFinished, ImportStarted
from visitors.importing.columns import FIELD, NEW_FIELD
from visitors.importing.dialect import Dialect, count_lines, guess_dialect
from visitors.models import Import
from visitors.operations.field import add_field

UPLOADS = "imports"  # the folder of a site where its files wait
WAITS = timedelta(days=7)  # for somebody to go on


@dataclass(frozen=True)
class Plan:
    """How a file is to be imported: what a person chose below its preview."""

    dialect: Dialect
    mapping: dict[str, str]  # column number as text → meaning, "new:<label>" for a new field
    consent: int
    consent_note: str
    destinations: dict[str, list[str]]
    header: list[str]


@transaction.atomic
def upload(content: "File[Any]", *, by: Operator) -> Import:
    """Keep an uploaded CSV and guess what it is.

    Raises:
        UnreadableFile: it is no CSV; nothing was kept.
        DiskFull: nothing was kept.
    """
    stored_as = keep_file(content, site_id=by.site_id, kind=UPLOADS, suffix=".csv")
    try:
        path = kept_file(stored_as)
        return Import.objects.create(
            site_id=by.site_id,
            number=take_numbers("import"),
            file_name=(content.name or "contacts.csv")[-200:],
            stored_as=stored_as,
            size=path.stat().st_size,
            dialect=guess_dialect(path).facts(),
            total_lines=count_lines(path),
            started_by=by,
        )
    except BaseException:
        drop_file(stored_as)
        raise


@transaction.atomic
def start_import(run: Import, plan: Plan, *, by: Operator) -> Import:
    """Let an uploaded file run, or a failed one go on; one that runs or ran stays as it is."""
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.state != Import.State.UPLOADED:
        return run
    run.dialect = plan.dialect.facts()
    run.mapping = {column: _kept(meaning, by=by) for column, meaning in plan.mapping.items()}
    run.destinations, run.header = plan.destinations, plan.header
    run.consent, run.consent_note = plan.consent, plan.consent_note
    run.started_by, run.started_at = by, timezone.now()
    return _set_running(run, by=by)


@transaction.atomic
def continue_import(run: Import, *, by: Operator) -> Import:
    """A failed import goes on where it stopped."""
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.state != Import.State.FAILED or not run.stored_as:
        return run
    run.problem, run.failures, run.finished_at = "", 0, None
    return _set_running(run, by=by)


@transaction.atomic
def cancel_import(run: Import, *, by: Operator) -> Import:
    """Stop between two chunks; contacts that are in stay. One that is over stays as it is."""
    run = Import.objects.select_for_update().get(pk=run.pk)
    if run.state not in {Import.State.UPLOADED, Import.State.RUNNING}:
        return run
    run.state, run.finished_at = Import.State.CANCELLED, timezone.now()
    run.lease_token = run.lease_until = None
    run.save()
    record("import.cancelled", run, by=by, created=run.created, updated=run.updated)
    publish(ImportFinished(site_id=run.site_id, import_id=run.pk))
    return run


def abandon_upload(run: Import) -> None:
    """Nobody came back for a week: the file goes, what was imported stays."""
    if run.state == Import.State.UPLOADED:
        run.state, run.finished_at = Import.State.CANCELLED, timezone.now()
        run.save(update_fields=["state", "finished_at"])
    drop_upload(run)


def drop_upload(run: Import) -> None:
    """Forget the file of an import that needs it no more."""
    drop_file(run.stored_as)
    Import.objects.filter(pk=run.pk).update(stored_as="")


def _set_running(run: Import, *, by: Operator) -> Import:
    run.state = Import.State.RUNNING
    run.lease_token = run.lease_until = None
    run.save()
    record("import.started", run, by=by, consent=run.consent, size=run.size)
    publish(ImportStarted(site_id=run.site_id, import_id=run.pk, by_id=by.pk))
    return run


def _kept(meaning: str, *, by: Operator) -> str:
    """A column for a new field gets the field made."""
    if meaning.startswith(NEW_FIELD):
        return f"{FIELD}{add_field(label=meaning.removeprefix(NEW_FIELD), by=by).key}"
    return meaning
