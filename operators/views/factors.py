"""An owner demands a second factor of everybody here, or does so no more."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from operators.factors import demand_factors, free_factors
from operators.forms import ConfirmedForm
from operators.http import OperatorRequest
from operators.models import Operator
from operators.operations import Refused
from operators.permissions import operator_may

DEMANDED = "From now on everybody here signs in with a second factor."
FREE = "It is up to everybody here whether they have a second factor."


@operator_may("site:own")
@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: OperatorRequest) -> HttpResponse:
    """What happens to whom, in plain words; confirmed by password."""
    form = ConfirmedForm(request.POST or None, by=request.operator)
    if request.method == "POST" and form.is_valid():
        try:
            _decide(request)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("operators:people", request.site.slug)
    people = list(Operator.objects.for_list().with_factors())
    facts = {
        "form": form,
        "has_own": any(o.has_factor for o in people if o.pk == request.operator.pk),
        "without": [o for o in people if not o.has_factor],
    }
    return render(
        request, "operators/second_factor.html", facts, status=422 if form.errors else 200
    )


def _decide(request: OperatorRequest) -> None:
    """The page says what it asks for: a page that is old does not turn it round."""
    if request.POST.get("demand") == "yes":
        demand_factors(by=request.operator)
        messages.success(request, DEMANDED)
    else:
        free_factors(by=request.operator)
        messages.success(request, FREE)
