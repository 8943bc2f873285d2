"""Visitors of a site for its operators: who is here now, the counts, the script to include."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.models import VisitCount
from visitors.visits.report import SPANS, here_now, report_of


@operator_may("contacts:read")
def overview(request: OperatorRequest) -> HttpResponse:
    days = SPANS.get(request.GET.get("days", ""), 30)
    facts = {
        "here": here_now(),
        "report": report_of(request.site, days),
        "spans": SPANS.values(),
        "any": VisitCount.objects.exists(),
    }
    return render(request, "visitors/overview.html", facts)


@operator_may("contacts:read")
def now(request: OperatorRequest) -> HttpResponse:
    """The part of the page that asks again every few seconds."""
    return render(request, "visitors/now.html", {"here": here_now()})


@operator_may("contacts:read")
def script(request: OperatorRequest) -> HttpResponse:
    """What to copy into the site's own web pages."""
    address = settings.PUBLIC_URL + reverse("visits_public:script", args=[request.site.slug])
    snippet = render_to_string("visitors/snippet.html", {"script": address}).strip()
    return render(request, "visitors/script.html", {"snippet": snippet})
