"""What people do with all that is held of them: a copy, and closing the account."""

from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from accounts.operations import end_sessions, lock_out
from comm100.core.events import publish
from comm100.core.letters import send_unkept
from comm100.core.personal_data import Person, holding_of
from comm100.core.storage import account_path, drop_file, kept_file, new_file
from operators.operations import Refused, leave_everywhere
from privacy.copying import write_copy
from privacy.erasing import SLICE_SECONDS, Work, claim, erase_all_but, note
from privacy.events import AccountClosed, AccountCopyAsked
from privacy.mails import account_closed_letter
from privacy.models import AccountCopy, AccountErasure, Agent
from privacy.people import parts_of_copy, parts_of_user

COPIES = "copies"  # the folder of a person where they are kept
FRESH = timedelta(minutes=10)  # who asks again meanwhile gets the same
STAFF = "You work for the company. Ask a superuser to take back your rights first."
AGENT = "You are an agent under contract. The company ends that first."


@transaction.atomic
def ask_account_copy(user: User) -> AccountCopy:
    User.objects.select_for_update().get(pk=user.pk)
    mine = AccountCopy.objects.kept().filter(user=user)
    known = mine.filter(asked_at__gt=timezone.now() - FRESH).first()
    if known:
        return known
    copy = AccountCopy.objects.create(user=user)
    publish(AccountCopyAsked(copy_id=copy.pk))
    return copy


def make_account_copy(copy_id: int) -> bool:
    """Write the file; safe to run twice: of two files one is dropped. Opens its transactions."""
    wanted = AccountCopy.objects.kept().filter(pk=copy_id, made_at=None)
    copy = wanted.select_related("user").first()
    if copy is None:
        return False
    stored_as = account_path(copy.user_id, COPIES, ".zip")
    with new_file(stored_as) as file:
        write_copy(file, parts_of_copy(copy.user))
    size = kept_file(stored_as).stat().st_size
    made = {"stored_as": stored_as, "size": size, "made_at": timezone.now()}
    if wanted.update(**made):
        return True
    drop_file(stored_as)  # made by another, or the account is gone
    return False


def obstacles(user: User) -> list[str]:
    """Why the account cannot be closed now, besides sites of which they are the only owner."""
    is_agent = Agent.objects.at_work().filter(user=user).exists()
    reasons = [STAFF] if user.is_staff or user.is_superuser else []
    return [*reasons, *([AGENT] if is_agent else [])]


@transaction.atomic
def close_account(user: User) -> AccountErasure:
    """Off all sites and out of all browsers with this commit; the rest goes step by step.

    Raises:
        Refused: they work for the company, or a site would have no owner; nothing has changed.
    """
    for reason in obstacles(user):
        raise Refused(reason)
    leave_everywhere(user.pk)
    lock_out(user)
    end_sessions(user)
    erasure, _ = AccountErasure.objects.get_or_create(user=user)
    publish(AccountClosed(user_id=user.pk, erasure_id=erasure.pk))
    return erasure


def erase_account(erasure_id: int, *, seconds: float = SLICE_SECONDS) -> bool:
    """One run; answer whether another is to follow at once. Opens its own transactions."""
    work = Work.begin(seconds)
    erasure = AccountErasure.objects.select_related("user").filter(pk=erasure_id).first()
    if erasure is None or not claim(erasure):
        return False
    parts = parts_of_user(erasure.user)
    erase_all_but(User, parts, work)
    if work.is_done:
        _tell(erasure, work)
    note(erasure, work)
    if work.is_done:
        _end(erasure, parts[-1].person)
    return not (work.is_done or work.must_wait)


def _tell(erasure: AccountErasure, work: Work) -> None:
    """The one last letter, while the address is known; it waits for a mail server, but a day."""
    if not erasure.waits_for_letter:
        return
    sent = send_unkept(account_closed_letter(erasure.user))
    if sent:
        AccountErasure.objects.filter(pk=erasure.pk).update(told_at=timezone.now())
    work.is_done, work.must_wait = sent, not sent


@transaction.atomic
def _end(erasure: AccountErasure, person: Person) -> None:
    users = holding_of("accounts.User")
    if users:
        users.erase_some(person)
    AccountErasure.objects.filter(pk=erasure.pk).delete()


@transaction.atomic
def drop_copies(rows: "QuerySet[AccountCopy]") -> int:
    """The rows and their files; answer how many."""
    some = list(rows.select_for_update())
    for copy in some:
        drop_file(copy.stored_as)
    AccountCopy.objects.filter(pk__in=[copy.pk for copy in some]).delete()
    return len(some)
