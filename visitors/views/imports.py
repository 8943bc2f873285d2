"""Pages on imports: history, upload, and one address for columns, progress and result."""

import csv
import io
import tempfile
from typing import Any, cast

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_POST

from comm100.core.paging import page_by_key
from comm100.core.sheets import harmless
from comm100.core.storage import FULL, has_room
from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.forms.imports import DialectForm, MappingForm, UploadForm, too_large
from visitors.importing.dialect import Dialect, UnreadableFile, read_as
from visitors.importing.preview import Preview, preview_of
from visitors.importing.slices import GONE
from visitors.models import Import, RefusedRow
from visitors.operations import imports as operations

NO_ROOM = "There is no room for this file on the server. Tell whoever runs it, then try again."
FORM_OVERHEAD = 64 * 1024  # bytes of a request that are not the file


def import_for(number: int) -> Import:
    """An import of the site in context; another site's is not there."""
    return get_object_or_404(Import.objects.select_related("started_by__user"), number=number)


@operator_may("contacts:read")
def imports(request: OperatorRequest) -> HttpResponse:
    page = page_by_key(Import.objects.for_list(), request, key="number")
    return render(request, "visitors/imports.html", {"page": page})


@csrf_exempt  # checked in `_upload`: looking for the token reads the body, and that may be 500 MB
@operator_may("contacts:import")
def import_new(request: OperatorRequest) -> HttpResponse:
    if request.method != "POST":
        return _upload_form(request, UploadForm())
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    if size > settings.UPLOAD_LIMIT + FORM_OVERHEAD:
        return _refuse_unread(request, too_large(), 413)
    if not has_room(2 * size):
        return _refuse_unread(request, NO_ROOM, 507)
    try:
        return _upload(request)
    except OSError as error:
        if error.errno in FULL:
            return _refuse_unread(request, NO_ROOM, 507)
        raise


@csrf_protect
def _upload(request: OperatorRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            run = operations.upload(form.cleaned_data["file"], by=request.operator)
        except UnreadableFile as error:
            form.add_error("file", str(error))
        else:
            return redirect(run)
    return _upload_form(request, form, status=422)


def _refuse_unread(request: OperatorRequest, words: str, status: int) -> HttpResponse:
    """Answer without reading the body, which stays where it is."""
    form = UploadForm({})
    form.errors.clear()
    form.add_error("file", words)
    response = _upload_form(request, form, status=status)
    response["Connection"] = "close"
    return response


def _upload_form(request: OperatorRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    facts = {"form": form, "limit": settings.UPLOAD_LIMIT}
    return render(request, "visitors/import_new.html", facts, status=status)


@operator_may("contacts:read")
def import_(request: OperatorRequest, number: int) -> HttpResponse:
    """Columns, progress or result, whatever the import is at."""
    run = import_for(number)
    if run.state == Import.State.UPLOADED:
        return _columns(request, run)
    part = "#progress" if request.htmx and run.state == Import.State.RUNNING else ""
    response = render(request, f"visitors/import.html{part}", {"run": run})
    if request.htmx and not part:
        response["HX-Refresh"] = "true"  # it is over: show the result
    return response


def _columns(request: OperatorRequest, run: Import) -> HttpResponse:
    if not request.operator.may("contacts:import"):
        return render(request, "visitors/import.html", {"run": run})
    try:
        preview = _preview(run, DialectForm(request.GET))
    except (OSError, UnreadableFile) as error:
        return _unreadable(request, run, error)
    form = MappingForm(preview=preview, operator=request.operator)
    return _columns_page(request, run, form)


def _unreadable(request: OperatorRequest, run: Import, error: Exception) -> HttpResponse:
    """The stored file cannot be shown any more, or not in the encoding that was chosen."""
    run.state = Import.State.FAILED
    run.problem = str(error) if isinstance(error, UnreadableFile) else GONE
    return render(request, "visitors/import.html", {"run": run}, status=422)


def _columns_page(
    request: OperatorRequest, run: Import, form: MappingForm, status: int = 200
) -> HttpResponse:
    dialect = form.preview.dialect
    how = DialectForm(initial=dialect.facts() | {"header": "1" if dialect.header else "0"})
    facts = {"run": run, "form": form, "how": how, "preview": form.preview}
    return render(request, "visitors/import_columns.html", facts, status=status)


def _preview(run: Import, how: DialectForm) -> Preview:
    """The first rows, read as a person chose or as it was guessed."""
    dialect = Dialect.stored(run.dialect)
    if how.is_valid():
        chosen: dict[str, Any] = how.cleaned_data
        dialect = read_as(run.path, **chosen)
    return preview_of(run.path, dialect)


@operator_may("contacts:import")
@require_POST
def import_start(request: OperatorRequest, number: int) -> HttpResponse:
    """Start, or let a failed one go on; posting twice starts once."""
    run = import_for(number)
    if run.state == Import.State.FAILED:
        operations.continue_import(run, by=request.operator)
    if run.state != Import.State.UPLOADED:
        return redirect(run)
    try:
        preview = _preview(run, DialectForm(request.POST))
    except (OSError, UnreadableFile) as error:
        return _unreadable(request, run, error)
    form = MappingForm(request.POST, preview=preview, operator=request.operator)
    if not form.is_valid():
        return _columns_page(request, run, form, status=422)
    operations.start_import(run, form.plan(), by=request.operator)
    return redirect(run)


@operator_may("contacts:import")
@require_POST
def import_cancel(request: OperatorRequest, number: int) -> HttpResponse:
    return redirect(operations.cancel_import(import_for(number), by=request.operator))


@operator_may("contacts:import")
def import_refused(request: OperatorRequest, number: int) -> HttpResponse:
    """The refused rows as CSV: written before the answer starts, inside the transaction."""
    run = import_for(number)
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    write = csv.writer(text).writerow
    write(["Line", "Reason", *map(harmless, run.header)])
    for line, reason, row in _refused(run):
        write([line, harmless(reason), *map(harmless, row)])
    text.detach()
    file.seek(0)
    name = f"refused-rows-of-import-{run.number}.csv"
    response = FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")
    patch_cache_control(response, private=True, no_store=True)
    return cast("HttpResponse", response)  # guards take one kind of answer


def _refused(run: Import) -> Any:
    rows = RefusedRow.objects.filter(run=run).order_by("line")
    return rows.values_list("line", "reason", "row").iterator(chunk_size=2000)
