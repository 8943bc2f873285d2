"""When this happens, do that."""

from accounts.events import AccountOpened
from accounts.models import User
from comm100.core.events import when
from website import tasks
from website.events import NoticeConfirmed
from website.members import introduce


@when(AccountOpened)
def make_them_known(event: AccountOpened) -> None:
    introduce(User.objects.get(pk=event.user_id))


@when(NoticeConfirmed)
def send_the_notice(event: NoticeConfirmed) -> None:
    tasks.send_notice.delay(event.notice_id)
