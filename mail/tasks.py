"""The lanes at work, in slices of a few seconds: what is left wakes the next slice.

A lost wake-up changes nothing: the beat wakes both lanes anyway. A repeated one finds no rows.
"""

from celery import shared_task

from comm100.core.tasks import company_task
from comm100.core.tenancy import chosen_site
from mail import delivery, finding, operations
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
    _wake_routing()


@shared_task(queue="transactional")
def route_inbound(inbound_id: int) -> None:
    """What one mail that came back means; safe to run twice: it is gone afterwards."""
    operations.route_arrival(inbound_id)


@company_task(queue="transactional")
def route_stray(inbound_id: int) -> None:
    """Whose a mail is that came to no signed address; safe to run twice."""
    site_id = finding.find_owner(inbound_id)
    if site_id:
        with chosen_site(site_id):
            route_inbound.delay(inbound_id)


def _wake_routing() -> None:
    """Mails at the door that nobody routed yet; after a few tries they are in quarantine."""
    for inbound_id, site_id, is_stray in as_post("unrouted"):
        with chosen_site(site_id):
            (route_stray if is_stray else route_inbound).delay(inbound_id)
