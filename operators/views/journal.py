"""The journal of a site: who did what and when, and the proof that nothing was changed."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from comm100.core.journal import actions_of, breaks
from comm100.core.models import JournalEntry
from comm100.core.paging import page_by_key
from operators.chronicle import label_of, lines
from operators.http import OperatorRequest
from operators.journal_files import sealed_lines, table_of
from operators.models import Operator
from operators.permissions import operator_may, while_closing


@operator_may("journal:read")
def journal(request: OperatorRequest) -> HttpResponse:
    return _page(request)


@operator_may("journal:read")
@while_closing
@require_POST
def check(request: OperatorRequest) -> HttpResponse:
    """Compute the chain anew, link by link."""
    head = JournalEntry.objects.order_by("-seq").first()
    return _page(request, checked=True, breaks=breaks(), head=head)


@operator_may("journal:read")
def download(request: OperatorRequest) -> HttpResponse:
    """The entries that the filter shows as CSV, newest first, with the hashes that chain them."""
    return table_of(request, lambda: _wanted(request), name="journal")


@operator_may("journal:read")
def sealed(request: OperatorRequest) -> HttpResponse:
    """The whole journal for `journal verify`."""
    return sealed_lines(request)


def _page(request: OperatorRequest, **facts: Any) -> HttpResponse:
    page = page_by_key(_wanted(request), request, key="seq")
    facts |= {
        "page": page,
        "lines": lines(page.rows),
        "actions": _actions(request),
        "people": Operator.objects.select_related("user").order_by("number"),
        "action": request.GET.get("action", ""),
        "person": request.GET.get("person", ""),
        "query": request.GET.urlencode(),
    }
    return render(request, "operators/journal.html", facts)


def _actions(request: OperatorRequest) -> list[tuple[str, str]]:
    """For the filter: what ever happened here, not what might; by the alphabet of the labels."""
    found = [(action, label_of(action)) for action in actions_of(request.site.pk)]
    return sorted(found, key=lambda one: one[1])


def _wanted(request: OperatorRequest) -> QuerySet[JournalEntry]:
    """The entries that `?action=` and `?person=` (an operator's number) leave."""
    entries = JournalEntry.objects.all()
    if action := request.GET.get("action"):
        entries = entries.filter(action=action)
    if person := request.GET.get("person"):
        found = Operator.objects.filter(number=person).first() if person.isdecimal() else None
        entries = entries.filter(actor=found.actor_name) if found else entries.none()
    return entries
