"""A circular: letters to many in the transactional lane, stopped and counted as a whole.

The cancel of a mailing is `cancel_mailing`; this is the same for letters that are no mailing's. For
the site in context.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from comm100.core.tenancy import current_site_id
from mail.models import Outbox, Recall

State = Outbox.State


@dataclass(frozen=True, kw_only=True)
class Circulated:
    """What became of a circular's letters; `waiting` and `leaving` are still on their way."""

    sent: int = 0
    failed: int = 0  # refused, or there is no such address
    cancelled: int = 0
    waiting: int = 0
    leaving: int = 0  # with a mail server at this moment

    @property
    def on_their_way(self) -> int:
        return self.waiting + self.leaving


@transaction.atomic
def cancel_circular(circular: str) -> int:
    """Send no more of it, for good; answer how many letters that spares. Safe to repeat.

    What is in a worker's hands goes out; if it comes back it is not sent again.
    """
    Recall.objects.get_or_create(site_id=current_site_id() or 0, circular=circular)
    waiting = Outbox.objects.filter(circular=circular, state__in=[State.READY, State.RETRY])
    return waiting.update(state=State.CANCELLED, settled_at=timezone.now(), content=None)


def circulated(circular: str) -> Circulated:
    """Counts of its letters, as they are now."""
    rows = Outbox.objects.filter(circular=circular).order_by()
    found = dict(rows.values_list("state").annotate(Count("pk")))
    return Circulated(
        sent=found.get(State.SENT, 0),
        failed=found.get(State.FAILED, 0) + found.get(State.SUPPRESSED, 0),
        cancelled=found.get(State.CANCELLED, 0),
        waiting=found.get(State.READY, 0) + found.get(State.RETRY, 0),
        leaving=found.get(State.INFLIGHT, 0),
    )
