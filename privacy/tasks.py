"""What privacy does by the clock."""

from datetime import timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.storage import drop_file, old_files
from comm100.core.tasks import company_task
from comm100.core.tenancy import across_sites, chosen_site, working_for
from operators.models import Operator
from privacy import alerting
from privacy.events import GrantExpired
from privacy.looks import told
from privacy.mails import alert_letter, disclosure_letter, head_letter
from privacy.models import AccountCopy, AccountErasure, LegalDisclosure, PublishedText
from privacy.operations import account
from privacy.operations.disclosure import tell_disclosure
from privacy.operations.head import heads_due, note_head
from privacy.operations.subprocessor import note_subprocessors
from privacy.operations.telling import tell_users

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
MOST_HEADS = 500  # sites in one round


@company_task(every=HOUR, queue="transactional")
def tell_of_new_texts() -> None:
    """Everybody with an account is told of a new policy or agreement before it applies."""
    for text in PublishedText.objects.upcoming():
        if tell_users(text):
            tell_of_new_texts.delay()


@company_task(every=60, queue="transactional")
def end_grants() -> None:
    """Grants whose time is over end in the journal, too."""
    for site_id, grant_id in alerting.expire_grants():
        with working_for(site_id):
            publish(GrantExpired(site_id=site_id, grant_id=grant_id))


@company_task(every=300, queue="transactional")
def look_at_grants() -> None:
    """Superusers and the data protection officer are told when grants are used oddly."""
    for alert in alerting.all_alerts().filter(pk__in=alerting.raise_alerts()):
        for address in alerting.who_is_told(alert):
            alert_letter(alert, to=address).send()


@company_task(every=HOUR, queue="transactional")
def tell_of_disclosures() -> None:
    """A site learns what was disclosed of it, on the day from which it may know (P6.3)."""
    with across_sites():
        due = LegalDisclosure.objects.using("post").to_be_told().values_list("site_id", "pk")
    for site_id, pk in list(due):
        with working_for(site_id):
            _tell_owners(tell_disclosure(pk))


def _tell_owners(told: LegalDisclosure | None) -> None:
    if told is None:  # it may not know, or knows already
        return
    for owner in Operator.objects.owners().select_related("user"):
        disclosure_letter(told, to=owner.user.email).send()


@company_task(every=HOUR, queue="transactional")
def mail_heads() -> None:
    """Each day the owners get the head of their journal, when it grew (P9.3): one task a site."""
    for site_id in heads_due(MOST_HEADS):
        with chosen_site(site_id):
            mail_head.delay()


@shared_task(queue="transactional")
def mail_head() -> None:
    """The head of one site; safe to run twice."""
    news = note_head()
    if news is None:
        return
    added, more = news.added, news.more_by_staff
    for owner in Operator.objects.owners().select_related("user", "site"):
        site, user = owner.site, owner.user
        looks = told(news.by_staff, site=site)
        head_letter(news.head, looks, added=added, more=more, to=user, site=site).send()


@company_task(every=DAY)
def follow_subprocessors() -> None:
    """The public list remembers since when somebody is on it, and until when they were (P6.1)."""
    note_subprocessors()


@company_task(queue="transactional", own_transactions=True)
def make_account_copy(copy_id: int) -> None:
    """A copy of all that is held of a person with an account. Safe to run twice."""
    account.make_account_copy(copy_id)


@company_task(queue="transactional", own_transactions=True)
def erase_account(erasure_id: int) -> None:
    """Erase for a while, then let others have the worker. Safe to run twice."""
    if account.erase_account(erasure_id):
        erase_account.delay(erasure_id)


@company_task(every=MINUTE, queue="transactional")
def wake_account_wishes() -> None:
    """After a crash, or when something was on its way: copies and erasures go on."""
    now = timezone.now()
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    left = AccountErasure.objects.filter(free, asked_at__lt=now - timedelta(seconds=20))
    for pk in left.values_list("pk", flat=True):
        erase_account.delay(pk)
    slow = AccountCopy.objects.kept().filter(made_at=None, asked_at__lt=now - timedelta(minutes=2))
    for pk in slow.values_list("pk", flat=True):
        make_account_copy.delay(pk)


@company_task(every=DAY)
def sweep_lost_account_copies() -> None:
    """Files of which a crash left no row."""
    for files in old_files(account.COPIES, seconds=DAY, owner="accounts").values():
        known = AccountCopy.objects.filter(stored_as__in=files)
        for stored_as in set(files) - set(known.values_list("stored_as", flat=True)):
            drop_file(stored_as)
