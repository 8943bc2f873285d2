"""When this happens, do that: mail wakes its lanes."""

from comm100.core.events import when
from mail import tasks
from mail.events import MailingCancelled, MailingOpened, MailQueued


@when(MailQueued)
def wake_the_transactional_lane(event: MailQueued) -> None:
    tasks.deliver_transactional.delay()


@when(MailingOpened)
def wake_the_marketing_lane(event: MailingOpened) -> None:
    tasks.deliver_marketing.delay()


@when(MailingCancelled)
def settle_what_waits(event: MailingCancelled) -> None:
    tasks.sweep.delay()
