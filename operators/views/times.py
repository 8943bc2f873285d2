"""How long things are kept, and what the last night did about it (P3.4)."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from comm100.core.retention import reasons
from comm100.core.tenancy import SiteOwned
from operators.http import OperatorRequest
from operators.nights import last_night
from operators.permissions import operator_may


@operator_may("access:read")
@require_safe
def times(request: OperatorRequest) -> HttpResponse:
    """Every rule with its time and last night's count; then what stays, and until when."""
    nights = last_night(is_company=request.site.is_company)
    of_sites = [one for one in reasons() if issubclass(one.table(), SiteOwned)]
    facts = {"nights": nights, "reasons": sorted(of_sites, key=lambda one: one.until)}
    return render(request, "operators/times.html", facts)
