"""The suppression list as a table for people, or for another program that must not write to them.

An address stands there where it is known: of who is no contact only a keyed hash is kept, and a
contact may have another address by now than the one that gets no newsletters.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse

from comm100.core.journal import record
from comm100.core.sheets import harmless
from comm100.core.tenancy import context
from mail import carriers
from mail.models import Suppression
from operators.downloads import CSV, sent_in_parts, table, work_of
from operators.http import OperatorRequest

COLUMNS = ("Address", "Contact", "Why", "Added by", "Campaign", "Since")
MARK = "\ufeff"  # tells spreadsheets that it is UTF-8
PART = 2_000  # rows read in one transaction
LAST = 2**62
Wanted = Callable[[], QuerySet[Suppression]]


def suppression_file(request: OperatorRequest, wanted: Wanted, *, sought: str) -> HttpResponse:
    """What `wanted` leaves, newest first; sought: the one address that it was narrowed to."""
    record("suppression.exported", by=request.operator, count=wanted().count())
    texts = _texts(request, wanted, sought)
    return sent_in_parts(request, texts, name="suppression", kind="csv", type_=CSV)


def _texts(request: OperatorRequest, wanted: Wanted, sought: str) -> Iterator[str]:
    yield MARK + table([COLUMNS])
    last: int | None = LAST
    while last is not None:
        with context(work_of(request)):
            part = list(wanted().filter(id__lt=last).order_by("-id")[:PART])
            names = carriers.named(row.mailing_id for row in part)
            rows = [_row(row, names, sought) for row in part]
        yield table(rows)
        last = part[-1].pk if len(part) == PART else None


def _row(row: Suppression, names: dict[int, carriers.Carrier], sought: str) -> list[Any]:
    campaign = names.get(row.mailing_id or 0)
    return [
        harmless(row.known_address or sought),
        row.contact.number if row.contact else "",
        row.get_reason_display(),
        harmless(row.by.user.name) if row.by else "",
        harmless(campaign.name) if campaign else "",
        row.at.isoformat(timespec="seconds"),
    ]
