"""Erasing, step by step: each table of the register is emptied of one person, from the top floor
down, some hundred rows a transaction. A crash in between loses nothing: what is gone is gone, and
the next run goes on with what is left.
"""

import time
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Model, Q
from django.utils import timezone

from comm100.core.personal_data import Holding, NotYet, erasing_order
from privacy.copying import Part
from privacy.models import ErasureWish

SLICE_SECONDS = 20
LEASE = timedelta(minutes=2)
PAUSE = timedelta(seconds=15)


@dataclass
class Work:
    """One run: how many rows went, and whether all did."""

    until: float
    rows: int = 0
    is_done: bool = False
    must_wait: bool = False

    @classmethod
    def begin(cls, seconds: float) -> "Work":
        return cls(time.monotonic() + seconds)


def erase_all_but(last: type[Model], parts: list[Part], work: Work) -> None:
    """Every holding of these parts but `last`, whose row says that there is something to do."""
    try:
        work.is_done = all(
            _emptied(holding, part, work)
            for part in parts
            for holding in erasing_order()
            if holding.model is not last and holding.knows(part.person)
        )
    except NotYet:
        work.must_wait = True


def _emptied(holding: Holding, part: Part, work: Work) -> bool:
    """False when the time was over before."""
    while True:
        with part.scope():
            gone = holding.erase_some(part.person)
        work.rows += gone
        if not gone:
            return True
        if time.monotonic() > work.until:
            return False


def claim(wish: ErasureWish) -> bool:
    """Under a lease, in the transaction of this moment; False while another run has it."""
    now = timezone.now()
    rows = type(wish)._default_manager.filter(pk=wish.pk)
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return bool(rows.filter(free).update(lease_until=now + LEASE))


def note(wish: ErasureWish, work: Work) -> None:
    """What a run did; another may go on at once, or after a pause."""
    rest = timezone.now() + PAUSE if work.must_wait else None
    rows = type(wish)._default_manager.filter(pk=wish.pk)
    rows.update(rows=F("rows") + work.rows, lease_until=rest)
    wish.rows += work.rows
