"""The first page of a site."""

from django.http import HttpResponse
from django.shortcuts import render

from comm100.core.models import JournalEntry
from operators.chronicle import lines
from operators.dashboard import panels_for, steps_for
from operators.http import OperatorRequest
from operators.permissions import operator_may

RECENT = 8


@operator_may("site:read")
def home(request: OperatorRequest) -> HttpResponse:
    """What to do next, how things are, and what happened."""
    recent = JournalEntry.objects.order_by("-seq")[:RECENT]
    page = {
        "steps": steps_for(request),
        "panels": panels_for(request),
        "recent": lines(recent) if request.operator.may("journal:read") else [],
    }
    return render(request, "operators/home.html", page)
