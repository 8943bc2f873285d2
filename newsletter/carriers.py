"""Tells mail what its mailings are: campaigns, with their subject and page."""

from collections.abc import Iterable

from mail import carriers
from mail.carriers import Carrier
from newsletter.models import Campaign


def join() -> None:
    carriers.register(_named, _numbered)


def _named(mailing_ids: Iterable[int]) -> dict[int, Carrier]:
    wanted = set(mailing_ids)
    rows = Campaign.objects.of_mailings(wanted).with_numbers().select_related("site")
    return {one: carrier for carrier in map(_carrier, rows) for one in carrier.mailing_ids}


def _numbered(number: int) -> Carrier | None:
    rows = Campaign.objects.with_numbers().select_related("site")
    row = rows.filter(number=number).exclude(mailing=None).first()
    return _carrier(row) if row else None


def _carrier(row: Campaign) -> Carrier:
    name = row.readable_subject or "No subject yet"
    parts = tuple(part.pk for part in row.parts)
    return Carrier(parts, row.number, name, row.get_absolute_url())
