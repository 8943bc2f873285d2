"""The journal of a site: who did what and when, and the proof that nothing was changed."""

import csv
import json
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from comm100.core.journal import breaks, record
from comm100.core.models import JournalEntry
from comm100.core.paging import page_by_key
from operators.chronicle import known_actions, lines
from operators.http import OperatorRequest
from operators.models import Operator
from operators.permissions import operator_may

MOST_IN_A_FILE = 50_000
COLUMNS = ["seq", "at", "who", "what", "actor", "action", "table", "row", "detail", "prev", "hash"]


@operator_may("journal:read")
def journal(request: OperatorRequest) -> HttpResponse:
    return _page(request)


@operator_may("journal:read")
@require_POST
def check(request: OperatorRequest) -> HttpResponse:
    """Compute the chain anew, link by link."""
    head = JournalEntry.objects.order_by("-seq").first()
    return _page(request, checked=True, breaks=breaks(), head=head)


@operator_may("journal:read")
def download(request: OperatorRequest) -> HttpResponse:
    """The entries that the filter shows as CSV, newest first, with the hashes that chain them."""
    entries = list(_wanted(request).order_by("-seq")[:MOST_IN_A_FILE])
    record("journal.exported", by=request.operator, entries=len(entries))
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    name = f"journal-{request.site.slug}-{timezone.now():%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    sheet = csv.writer(answer)
    sheet.writerow(COLUMNS)
    for entry, line in zip(entries, lines(entries), strict=True):
        sheet.writerow(_row(entry, line.who, line.what))
    return answer


def _row(entry: JournalEntry, who: str, what: str) -> list[object]:
    return [
        entry.seq,
        entry.at.isoformat(),
        _plain(who),
        _plain(what),
        entry.actor,
        entry.action,
        entry.object_table,
        entry.object_id,
        json.dumps(entry.detail, sort_keys=True),
        bytes(entry.prev_hash).hex(),
        bytes(entry.hash).hex(),
    ]


def _plain(text: str) -> str:
    """A spreadsheet takes a cell that starts so for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _page(request: OperatorRequest, **facts: Any) -> HttpResponse:
    page = page_by_key(_wanted(request), request, key="seq")
    facts |= {
        "page": page,
        "lines": lines(page.rows),
        "actions": known_actions(),
        "people": Operator.objects.select_related("user").order_by("number"),
        "action": request.GET.get("action", ""),
        "person": request.GET.get("person", ""),
        "query": request.GET.urlencode(),
    }
    return render(request, "operators/journal.html", facts)


def _wanted(request: OperatorRequest) -> QuerySet[JournalEntry]:
    """The entries that `?action=` and `?person=` (an operator's number) leave."""
    entries = JournalEntry.objects.all()
    if action := request.GET.get("action"):
        entries = entries.filter(action=action)
    if person := request.GET.get("person"):
        found = Operator.objects.filter(number=person).first() if person.isdecimal() else None
        entries = entries.filter(actor=found.actor_name) if found else entries.none()
    return entries
