"""When this happens, do that: mail wakes its lanes."""

from comm100.core.events import together_with, when
from mail import mails, operations, tasks
from mail.events import (
    DomainBroke,
    DomainCheckAsked,
    MailArrived,
    MailBounced,
    MailingCancelled,
    MailingOpened,
    MailQueued,
    StrayArrived,
)
from mail.models import SendingDomain
from operators.models import Operator

HANDS = 2  # slices at once, each with a connection of its own: as many as the worker has processes


@when(MailQueued)
def wake_the_transactional_lane(event: MailQueued) -> None:
    tasks.deliver_transactional.delay()


@when(MailingOpened)
def wake_the_marketing_lane(event: MailingOpened) -> None:
    for _ in range(HANDS):
        tasks.deliver_marketing.delay()


@when(MailingCancelled)
def settle_what_waits(event: MailingCancelled) -> None:
    tasks.sweep.delay()


@when(MailBounced)
def keep_the_refusal(event: MailBounced) -> None:
    """What a server said while we talked with it; a report that came back is kept already."""
    operations.note_refusal(event.outbox_id, event.smtp_code, event.reply)


@when(MailArrived)
def understand_it(event: MailArrived) -> None:
    tasks.route_inbound.delay(event.inbound_id)


@when(StrayArrived)
def find_out_whose_it_is(event: StrayArrived) -> None:
    tasks.route_stray.delay(event.inbound_id)


@when(DomainCheckAsked)
def look_at_its_records(event: DomainCheckAsked) -> None:
    tasks.check_domain.delay(event.domain_id)


@together_with(DomainBroke)
def tell_the_owners(event: DomainBroke) -> None:
    domain = SendingDomain.objects.select_related("site").get(pk=event.domain_id)
    for owner in Operator.objects.owners().select_related("user"):
        mails.domain_broke(domain, to=owner).send()
