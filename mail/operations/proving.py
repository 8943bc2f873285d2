"""The first few of a campaign that nobody proved yet, and what its results say (P9.4).

`Mailing.canary_left` restrains the claim itself (mail/sql/claim_marketing.sql): each claim takes
from it in the transaction that puts the rows in flight, so neither a crash nor a second worker
lets more leave.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from mail.events import MailingOpened
from mail.models import Bounce, Mailing, Outbox

MOST, SHARE = 500, 50  # of each fifty one, and never more than that
_State = Outbox.State
TAKEN = (_State.INFLIGHT, _State.SENT, _State.RETRY, _State.FAILED, _State.UNKNOWN)


@dataclass(frozen=True)
class Results:
    """What became of a mailing since it was last cleared; hard: addresses that do not exist."""

    tried: int
    hard: int
    complained: int


def results_of(mailing: Mailing) -> Results:
    return Results(
        tried=max(mailing.sent + mailing.failed - mailing.base_tried, 0),
        hard=max(_hard(mailing) - mailing.base_hard, 0),
        complained=max(mailing.complained - mailing.base_complained, 0),
    )


def set_canary(mailing: Mailing) -> None:
    """In memory, when all recipients are known; fewer than fifty have no share to send first."""
    if mailing.canary is None:
        return
    size = min(MOST, (mailing.total - mailing.suppressed) // SHARE)
    mailing.canary = mailing.canary_left = size or None


def clear_results(mailing: Mailing) -> None:
    """Nothing restrains it any more; what was counted so far is not held against it again."""
    mailing.base_tried = mailing.sent + mailing.failed
    mailing.base_hard, mailing.base_complained = _hard(mailing), mailing.complained
    mailing.canary_left = None
    mailing.save(update_fields=["base_tried", "base_hard", "base_complained", "canary_left"])


@transaction.atomic
def prove_mailing(mailing: Mailing) -> bool:
    """Let the rest follow when the first few are out, known and some time has passed.

    Answers whether it does. Places that came back, because a row was put back, are given out
    again.
    """
    mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
    if mailing.canary_left is None or mailing.canary is None:
        return False
    if mailing.state != Mailing.State.OPEN:
        return False
    taken = Outbox.objects.filter(mailing=mailing, state__in=TAKEN).count()
    known = mailing.sent + mailing.failed
    quiet = timezone.now() - mailing.turn_at >= timedelta(minutes=settings.CANARY_MINUTES)
    if taken >= mailing.canary and known * 2 >= mailing.canary and quiet:
        mailing.canary_left, mailing.turn_at = None, timezone.now()
        mailing.save(update_fields=["canary_left", "turn_at"])
        record("mailing.proved", mailing, by="system", canary=mailing.canary, known=known)
        publish(MailingOpened.about(mailing))
        return True
    _give_back(mailing, taken)
    return False


def _give_back(mailing: Mailing, taken: int) -> None:
    left = max((mailing.canary or 0) - taken, 0)
    if left > (mailing.canary_left or 0):
        mailing.canary_left = left
        mailing.save(update_fields=["canary_left"])


def _hard(mailing: Mailing) -> int:
    return Bounce.objects.filter(mailing=mailing, kind=Bounce.Kind.HARD).count()
