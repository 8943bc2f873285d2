"""What came back, in the staff admin: counts, no mail; and the sites that receivers complain of."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Sum
from django.utils import timezone

from accounts.models import Site
from comm100.core.tenancy import across_sites
from mail.models import InboundMail, Mailbox, MailDay

State = InboundMail.State
WEEK = timedelta(days=7)
MOST = 10  # sites


@dataclass(frozen=True)
class Risk:
    """What receivers held against one site within a week."""

    site: str
    refused: int
    complained: int


@dataclass(frozen=True)
class ComingBack:
    """waiting: not understood yet; strays: nobody knows whose; quarantined: a site looks."""

    waiting: int
    quarantined: int
    strays: int
    mailboxes: list[Mailbox]
    risks: list[Risk]


def coming_back() -> ComingBack:
    with across_sites():
        rows = InboundMail.objects.using("post").values_list("state")
        counts = dict(rows.annotate(Count("pk")).order_by())
    return ComingBack(
        waiting=counts.get(State.WAITING, 0),
        quarantined=counts.get(State.QUARANTINED, 0),
        strays=counts.get(State.STRAY, 0),
        mailboxes=list(Mailbox.objects.using("post").order_by("name")),
        risks=_risks(),
    )


def _risks() -> list[Risk]:
    """Most complaints first, then most refusals."""
    with across_sites():
        days = MailDay.objects.using("post").filter(day__gte=timezone.now().date() - WEEK)
    told = days.values("site_id").annotate(refused=Sum("ours"), reported=Sum("complained"))
    worst = told.filter(refused__gt=0) | told.filter(reported__gt=0)
    found = list(worst.order_by("-reported", "-refused")[:MOST])
    names = Site.objects.using("post").in_bulk([row["site_id"] for row in found])
    return [Risk(names[row["site_id"]].name, row["refused"], row["reported"]) for row in found]
