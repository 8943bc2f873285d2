"""The lanes at work, in slices of a few seconds: what is left wakes the next slice.

A lost wake-up changes nothing: the beat wakes both lanes anyway. A repeated one finds no rows.
"""

from celery import shared_task
from django.conf import settings

from comm100.core.tasks import company_task
from comm100.core.tenancy import chosen_site, current_site_id, working_for
from mail import delivery, finding, operations, pacing, polling, records
from mail.announcing import announce_finished
from mail.models import Lane, SendingDomain
from mail.operations import domains
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


@company_task(every=10, queue="transactional")
def sweep() -> None:
    """Leases that ran out, rows of what was cancelled, what lay still, what ended unannounced."""
    as_post("reap")
    as_post("settle_cancelled")
    as_post("settle_recalled")
    for mailing_id, site_id in as_post("overdue"):
        with chosen_site(site_id):
            hold_overdue.delay(mailing_id)
    pacing.forget_recovered()
    announce_finished()
    _wake_routing()


@shared_task(queue="transactional")
def hold_overdue(mailing_id: int) -> None:
    operations.hold_overdue(mailing_id)


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


@company_task(every=60, queue="marketing")
def read_mailboxes() -> None:
    """One task for each; what travels is its place in the settings, no password."""
    for place in range(len(settings.IMAP_URLS)):
        read_mailbox.delay(place)


@company_task(queue="marketing")
def read_mailbox(place: int) -> None:
    polling.poll(settings.IMAP_URLS[place])


@company_task(every=24 * 3600, queue="marketing")
def read_strays_again() -> None:
    """Each night, what was nobody's: what reads may have learned since."""
    for (inbound_id,) in as_post("strays"):
        route_stray.delay(inbound_id)


def _wake_routing() -> None:
    """Mails at the door that nobody routed yet; after a few tries they are in quarantine."""
    for inbound_id, site_id, is_stray in as_post("unrouted"):
        with chosen_site(site_id):
            (route_stray if is_stray else route_inbound).delay(inbound_id)


@company_task(every=1800, queue="transactional")
def check_domains() -> None:
    """A record that is gone makes receivers doubt our mails: look every day."""
    for domain_id, site_id in as_post("domains_to_check"):
        with chosen_site(site_id):
            check_domain.delay(domain_id)


@shared_task(own_transactions=True, queue="transactional")  # type: ignore[call-overload, untyped-decorator]
def check_domain(domain_id: int) -> None:
    """Ask the DNS, which takes seconds, outside of any transaction; safe to run twice."""
    site_id = current_site_id() or 0
    with working_for(site_id):
        domain = SendingDomain.objects.for_list().filter(pk=domain_id).first()
        wanted = records.records_of(domain) if domain else []
    findings = [record.finding() for record in wanted]
    with working_for(site_id):
        domains.note_findings(domain_id, findings)
        domains.tidy_keys()
