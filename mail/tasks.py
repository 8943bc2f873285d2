"""The lanes at work, in slices of a few seconds: what is left wakes the next slice.

A lost wake-up changes nothing: the beat wakes both lanes anyway. A repeated one finds no rows.
"""

from comm100.core.tasks import company_task
from mail import delivery
from mail.announcing import announce_finished
from mail.models import Lane
from mail.statements import as_post

SLICE = 4.0  # seconds


@company_task(every=5, queue="transactional")
def deliver_transactional() -> None:
    if delivery.run_lane(Lane.TRANSACTIONAL, seconds=SLICE):
        deliver_transactional.delay()


@company_task(every=5, queue="marketing")
def deliver_marketing() -> None:
    more = delivery.run_lane(Lane.MARKETING, seconds=SLICE)
    announce_finished()
    if more:
        deliver_marketing.delay()


@company_task(every=15, queue="transactional")
def sweep() -> None:
    """Leases that ran out, rows of cancelled mailings, mailings that ended unannounced."""
    as_post("reap")
    as_post("settle_cancelled")
    announce_finished()
