"""Delete the site, with 30 days in which the owner can think again."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from operators import closing
from operators.forms import DeletionForm
from operators.http import OperatorRequest
from operators.permissions import operator_may, while_closing


@operator_may("site:own")
@require_http_methods(["GET", "HEAD", "POST"])
def deletion(request: OperatorRequest) -> HttpResponse:
    """What goes when, in plain words; confirmed by the site's name and the password."""
    if request.site.is_company:
        raise Http404
    form = DeletionForm(request.POST or None, by=request.operator)
    if request.method == "POST" and form.is_valid():
        closing.close_site(by=request.operator)
        request.session.cycle_key()
        messages.success(request, "Owners and admins are told. Nothing leaves or comes in now.")
        return redirect("operators:deletion", request.site.slug)
    facts = {"form": form, "grace": closing.GRACE.days, "soon": closing.SOON.days}
    return render(request, "operators/deletion.html", facts, status=422 if form.errors else 200)


@operator_may("site:own")
@while_closing
@require_POST
def keeping(request: OperatorRequest) -> HttpResponse:
    """One click, no password: it only brings back what was."""
    if closing.keep_site(by=request.operator):
        messages.success(request, f"{request.site.name} stays. Everything is as it was.")
    return redirect("operators:home", request.site.slug)
