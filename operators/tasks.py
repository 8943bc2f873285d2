"""What happens to a site by the clock: its end."""

from typing import Any

from celery import shared_task
from django.db import connections

from accounts.models import Site
from comm100.core.storage import drop_file, old_files
from comm100.core.tasks import company_task
from comm100.core.tenancy import chosen_site, current_site_id
from operators import letters
from operators.closing import SOON, TOLD, TOLD_AGAIN
from operators.copying.sources import COPIES
from operators.copying.steps import work_on_copy
from operators.models import SiteCopy
from operators.purging import purge_some

HOUR, DAY = 3600, 24 * 3600
SLICE = 20.0  # seconds of one task
AT_ONCE = 100  # sites of one round
TO_TELL = """
SELECT id FROM accounts_site WHERE closes_at > now()
  AND (closing_told < %s OR (closing_told < %s AND closes_at <= now() + %s)) ORDER BY id LIMIT %s
"""
STANDING_STILL = """
SELECT site_id, id FROM operators_sitecopy
WHERE state = %s AND moved_at < now() - interval '1 minute' ORDER BY moved_at LIMIT %s
"""
OVER = "SELECT id FROM accounts_site WHERE closes_at <= now() AND NOT is_company LIMIT %s"


@company_task(every=HOUR, queue="transactional")
def tell_of_closing_sites() -> None:
    """Owners and admins of sites that are deleted within a week; or that nobody was told of."""
    for site_id in _sites(TO_TELL, TOLD, TOLD_AGAIN, SOON, AT_ONCE):
        with chosen_site(site_id):
            tell_of_closing.delay()


@shared_task(queue="transactional")
def tell_of_closing() -> None:
    """Safe to run twice: what people were told stands with the site."""
    letters.tell_of_closing(Site.objects.select_for_update().get(pk=current_site_id() or 0))


@company_task(every=HOUR, queue="marketing")
def purge_sites() -> None:
    """Sites whose days of grace are over; also what a crash left half done."""
    for site_id in _sites(OVER, AT_ONCE):
        with chosen_site(site_id):
            purge_site.delay()


@shared_task(own_transactions=True, queue="marketing")  # type: ignore[call-overload, untyped-decorator]
def purge_site() -> None:
    if purge_some(current_site_id() or 0, seconds=SLICE):
        purge_site.delay()


@shared_task(own_transactions=True, queue="marketing")  # type: ignore[call-overload, untyped-decorator]
def make_copy(copy_id: int) -> None:
    if work_on_copy(current_site_id() or 0, copy_id, seconds=SLICE):
        make_copy.delay(copy_id)


@company_task(every=60, queue="marketing")
def wake_copies() -> None:
    """After a crash: a copy that stood still for a minute goes on where it was."""
    with connections["post"].cursor() as cursor:
        cursor.execute(STANDING_STILL, [SiteCopy.State.RUNNING.value, AT_ONCE])
        still = cursor.fetchall()
    for site_id, copy_id in still:
        with chosen_site(site_id):
            make_copy.delay(copy_id)


@company_task(every=DAY, queue="marketing")
def sweep_lost_copies() -> None:
    """Files of which a crash left no row."""
    for site_id, files in old_files(COPIES, seconds=DAY).items():
        with chosen_site(site_id):
            drop_lost_copies.delay(files)


@shared_task(queue="marketing")
def drop_lost_copies(files: list[str]) -> None:
    known = set(SiteCopy.objects.filter(stored_as__in=files).values_list("stored_as", flat=True))
    for stored_as in set(files) - known:
        drop_file(stored_as)


def _sites(question: str, *given: Any) -> list[int]:
    with connections["post"].cursor() as cursor:
        cursor.execute(question, given)
        return [site_id for (site_id,) in cursor.fetchall()]
