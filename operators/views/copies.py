"""Take a copy of the site along: everything it hosts, as one file for a week."""

from typing import cast

from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_POST

from comm100.core.storage import kept_file
from operators.copies import ask_for_copy, note_download
from operators.copying.steps import progress_of
from operators.forms import ConfirmedForm
from operators.http import OperatorRequest
from operators.models import SiteCopy
from operators.operations import Refused
from operators.permissions import operator_may, while_closing

SHOWN = 10


@operator_may("site:own")
@while_closing
@require_http_methods(["GET", "HEAD", "POST"])
def copies(request: OperatorRequest) -> HttpResponse:
    """The copies there are; POST makes another, confirmed by password."""
    form = ConfirmedForm(request.POST or None, by=request.operator)
    if request.method == "POST" and form.is_valid():
        try:
            ask_for_copy(by=request.operator)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "The copy is being made. You get a letter when it is done.")
            return redirect("operators:copies", request.site.slug)
    return _page(request, form)


@operator_may("site:own")
@while_closing
@require_POST
def copy_file(request: OperatorRequest, number: int) -> HttpResponse:
    """The file, for the password; each download stands in the journal."""
    there = SiteCopy.objects.filter(state=SiteCopy.State.DONE).exclude(stored_as="")
    copy = get_object_or_404(there, number=number)
    form = ConfirmedForm(request.POST, by=request.operator)
    path = kept_file(copy.stored_as)
    if not form.is_valid() or not path.exists():
        return _page(request, form)
    note_download(copy, by=request.operator)
    name = f"{request.site.slug}-{copy.asked_at:%Y-%m-%d}.zip"
    answer = FileResponse(path.open("rb"), as_attachment=True, filename=name)
    patch_cache_control(answer, private=True, no_store=True)
    return cast("HttpResponse", answer)  # guards take one kind of answer


def _page(request: OperatorRequest, form: ConfirmedForm) -> HttpResponse:
    rows = list(SiteCopy.objects.for_list()[:SHOWN])
    running = next((copy for copy in rows if copy.is_running), None)
    facts = {
        "form": form,
        "copies": rows,
        "running": running,
        "progress": progress_of(running) if running else None,
        "kept": SiteCopy.KEPT.days,
    }
    if request.htmx:
        return render(request, "operators/copies_state.html", facts)
    return render(request, "operators/copies.html", facts, status=422 if form.errors else 200)
