"""Tells mail what its mailings are: campaigns, with their subject and page."""

from collections.abc import Iterable

from django.db import models

from mail import carriers
from mail.carriers import Carrier
from newsletter.models import Campaign


def join() -> None:
    carriers.register(_named, _numbered)


def _named(mailing_ids: Iterable[int]) -> dict[int, Carrier]:
    rows = _campaigns().filter(mailing__in=mailing_ids)
    return {carrier.mailing_id: carrier for carrier in map(_carrier, rows)}


def _numbered(number: int) -> Carrier | None:
    row = _campaigns().filter(number=number).exclude(mailing=None).first()
    return _carrier(row) if row else None


def _campaigns() -> models.QuerySet[Campaign]:
    return Campaign.objects.select_related("site").only(
        "site__slug", "number", "subject", "mailing_id"
    )


def _carrier(row: Campaign) -> Carrier:
    name = row.subject or "No subject yet"
    return Carrier(row.mailing_id or 0, row.number, name, row.get_absolute_url())
