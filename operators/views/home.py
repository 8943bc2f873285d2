"""The first page of a site."""

from itertools import islice

from django.http import HttpResponse
from django.shortcuts import render

from comm100.core.models import JournalEntry
from operators.chronicle import Line, lines
from operators.dashboard import figures_for, panels_for, steps_for
from operators.http import OperatorRequest
from operators.permissions import operator_may

RECENT, LOOKED_AT = 6, 60


@operator_may("site:read")
def home(request: OperatorRequest) -> HttpResponse:
    """While first steps are open: what to do next. Then how things are, and what happened."""
    steps = steps_for(request)
    page = {
        "steps": steps,
        "figures": figures_for(request),
        "panels": [] if steps else panels_for(request),
        "recent": [] if steps else _recent(request),
    }
    return render(request, "operators/home.html", page)


def _recent(request: OperatorRequest) -> list[Line]:
    """The last acts of people at work; what contacts do stands in reports and timelines."""
    if not request.operator.may("journal:read"):
        return []
    latest = JournalEntry.objects.order_by("-seq")[:LOOKED_AT]
    by_people = (e for e in latest if e.actor.partition(":")[0] not in {"contact", "system"})
    return lines(islice(by_people, RECENT))
