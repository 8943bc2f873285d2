"""Where people land after sign-in: their sites, and the invitations that wait for them."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.forms import NewSiteForm
from accounts.operations import found_site
from accounts.permissions import UserRequest
from comm100.core.tenancy import across_sites
from operators.invitations import waiting_for
from operators.models import Operator
from operators.permissions import signed_in


@signed_in
def choose(request: UserRequest) -> HttpResponse:
    """A person's only site at once; else a choice."""
    with across_sites():
        rows = Operator.objects.at_work().filter(user_id=request.user.pk)
        mine = list(rows.select_related("site").order_by("site__name", "site_id"))
    waiting = waiting_for(request.user)
    if len(mine) == 1 and not waiting and "all" not in request.GET:
        return redirect(mine[0].site)
    return render(request, "operators/sites.html", {"operators": mine, "invitations": waiting})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest) -> HttpResponse:
    """Another site for somebody who has an account."""
    form = NewSiteForm(request.POST or None)
    if request.method != "POST":
        return render(request, "operators/new_site.html", {"form": form})
    if not form.is_valid():
        return render(request, "operators/new_site.html", {"form": form}, status=422)
    facts: dict[str, Any] = form.cleaned_data
    site = found_site(by=request.user, **facts)
    messages.success(request, f"{site.name} is ready.")
    return redirect(site)
