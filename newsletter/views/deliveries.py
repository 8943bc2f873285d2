"""The deliveries of a campaign, as a page and as CSV."""

import csv
import io
import tempfile
from collections.abc import Iterator
from typing import Any, cast

from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from comm100.core.journal import record
from comm100.core.sheets import harmless
from mail.models import Outbox
from newsletter.deliveries import GROUPS, Wish, page_of, parts_of_file, refusals_of, rows_for_file
from newsletter.views.campaigns import campaign_for
from operators.http import OperatorRequest
from operators.permissions import operator_may

HEADER = ("Address", "State", "Code", "Their server said", "Tries", "When")
LONGEST_PART = 4  # digits


@operator_may("newsletter:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    campaign, wish = campaign_for(number), Wish.of(request)
    numbers = campaign.numbers
    facts = {
        "campaign": campaign,
        "numbers": numbers,
        "page": page_of(campaign, wish, request),
        "wish": wish,
        "groups": list(GROUPS),
        "refusals": refusals_of(campaign) if numbers.failed else None,
        "files": range(1, parts_of_file(numbers, wish) + 1),
    }
    return render(request, "newsletter/deliveries.html", facts)


@operator_may("newsletter:write")
def download(request: OperatorRequest, number: int) -> HttpResponse:
    """One file of a state: written before the answer starts, inside the transaction."""
    campaign, wish = campaign_for(number), Wish.of(request)
    part = request.GET.get("part", "1")
    wanted = int(part) if part.isdecimal() and 0 < len(part) <= LONGEST_PART else 1
    file = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    text = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    count = _write(csv.writer(text).writerow, rows_for_file(campaign, wish, max(wanted, 1)))
    record(
        "deliveries.exported",
        campaign,
        by=request.operator,
        count=count,
        state=wish.group or "all",
    )
    text.detach()
    file.seek(0)
    name = f"deliveries-{campaign.number}-{wish.group or 'all'}-{max(wanted, 1)}.csv"
    answer = FileResponse(file, as_attachment=True, filename=name, content_type="text/csv")
    patch_cache_control(answer, private=True, no_store=True)
    return cast("HttpResponse", answer)  # guards take one kind of answer


def _write(write: Any, rows: Iterator[Any]) -> int:
    write(HEADER)
    count = 0
    for address, state, code, reply, tries, at in rows:
        when = at.isoformat(timespec="seconds") if at else ""
        label = Outbox.State(state).label
        write([harmless(address), label, code or "", harmless(reply), tries, when])
        count += 1
    return count
