"""Pages of the people at work."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from comm100.core.tenancy import across_sites
from operators.http import OperatorRequest
from operators.models import Operator
from operators.permissions import operator_may, signed_in


@signed_in
def sites(request: HttpRequest) -> HttpResponse:
    """Where a person lands after sign-in: their only site, or a choice."""
    with across_sites():
        mine = list(
            Operator.objects.at_work().filter(user_id=request.user.pk).select_related("site")
        )
    if len(mine) == 1:
        return redirect(mine[0].site)
    return render(request, "operators/sites.html", {"operators": mine})


@operator_may("site:read")
def home(request: OperatorRequest) -> HttpResponse:
    return render(request, "operators/home.html")
