"""Wake-ups of the company's own site: notices on their way, users who are not known yet."""

import time

from celery import shared_task

from accounts.models import Site
from comm100.core.tasks import company_task
from comm100.core.tenancy import chosen_site, current_site_id, working_for
from website.members import introduce_some
from website.models import Notice
from website.notifying import send_some, settle

SLICE = 20.0  # seconds after which it goes on in the next task


@shared_task(queue="transactional", own_transactions=True)  # type: ignore[call-overload, untyped-decorator]
def send_notice(notice_id: int) -> None:
    """Chunk by committed chunk. Safe to run twice."""
    end = time.monotonic() + SLICE
    while time.monotonic() < end:
        with working_for(current_site_id() or 0):
            if send_some(notice_id):
                settle(notice_id)
                return
    send_notice.delay(notice_id)


@company_task(every=15, queue="transactional")
def go_on_with_notices() -> None:
    """What a lost wake-up or a crash left on its way, and whose letters are not settled yet."""
    waiting = list(Notice.objects.on_its_way().values_list("pk", flat=True))
    if waiting:
        with chosen_site(Site.objects.company().pk):
            for notice_id in waiting:
                send_notice.delay(notice_id)


@company_task(every=300, queue="marketing")
def introduce_users() -> None:
    """Users from before, and those whom a crash kept from becoming known."""
    company = Site.objects.filter(is_company=True).first()
    if company is None:
        return
    with working_for(company.pk):
        more = introduce_some()
    if more:
        introduce_users.delay()
