"""Write to users about the running of the service: preview, one click, each user once (P3.2).

Until it is known what became of each letter it can be stopped: what a mail server has stays sent.

It leaves through the company's own site in the transactional lane, which no choice stops (P7.4). So
nothing but the notice fits in: plain text, no HTML, no merge fields, nothing counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.tenancy import working_for
from mail.operations import Circulated, cancel_circular, circulated, enqueue
from newsletter.models import NewsletterList
from website.events import NoticeConfirmed
from website.mails import notice_letter
from website.members import LIST
from website.models import Notice

State = Notice.State
AT_ONCE = 200  # users in one transaction


class NotAsPreviewed(Exception):
    """It was changed, or sent, since this preview."""


class NotOnItsWay(Exception):
    """There is nothing left to stop."""


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How many people it was for: who has it, who could not be reached, whose letter is with a
    mail server at this moment, and the others, who wait for it or after a stop get nothing."""

    people: int
    sent: int
    failed: int
    leaving: int

    @property
    def others(self) -> int:
        return max(self.people - self.sent - self.failed - self.leaving, 0)

    @property
    def is_over(self) -> bool:
        return not (self.others or self.leaving)

    @property
    def percent(self) -> int:
        return 100 * (self.sent + self.failed) // self.people if self.people else 100


@transaction.atomic
def write(facts: Mapping[str, Any], *, by: User) -> Notice:
    return Notice.objects.create(**facts, written_by=by)


@transaction.atomic
def change(notice: Notice, facts: Mapping[str, Any]) -> None:
    """Raises NotAsPreviewed when it is no draft any more."""
    held = _held(notice, State.DRAFT)
    for name, value in facts.items():
        setattr(held, name, value)
    held.revision += 1
    held.save()


@transaction.atomic
def remove(notice: Notice) -> None:
    """A draft; raises NotAsPreviewed for what was sent, which stays on record."""
    _held(notice, State.DRAFT).delete()


@transaction.atomic
def send(notice: Notice, *, revision: int, by: User) -> Notice:
    """Exactly what was previewed begins to leave; raises NotAsPreviewed."""
    held = _held(notice, State.DRAFT)
    if held.revision != revision:
        raise NotAsPreviewed
    held.state, held.confirmed_by, held.confirmed_at = State.SENDING, by, timezone.now()
    held.total = count_readers(held)
    held.save()
    company = Site.objects.company()
    with working_for(company.pk, kind="public"):
        record(
            "notice.sent",
            by=by,
            notice=held.pk,
            audience=Notice.Audience(held.audience).name.lower(),
            about_site=held.only_site_id,
            people=held.total,
            text_sha256=sha256(f"{held.subject}\n{held.text}".encode()).hexdigest(),
        )
        publish(NoticeConfirmed(site_id=company.pk, notice_id=held.pk))
    return held


@transaction.atomic
def stop(notice: Notice, *, by: User) -> Notice:
    """Nobody gets it any more but who has it; raises NotOnItsWay.

    What a mail server took stays sent; the letters that wait are cancelled in the outbox.
    """
    held = _on_its_way(notice.pk)
    if held is None or held.is_stopped or progress_of(held).is_over:
        raise NotOnItsWay
    held.state, held.stopped_by, held.stopped_at = State.STOPPED, by, timezone.now()
    held.save(update_fields=["state", "stopped_by", "stopped_at"])
    with working_for(Site.objects.company().pk, kind="public"):
        cancel_circular(held.circular)
        now = _progress(held, circulated(held.circular))
        record(
            "notice.stopped",
            by=by,
            notice=held.pk,
            people=now.people,
            sent=now.sent,
            failed=now.failed,
            leaving=now.leaving,
            spared=now.others,
        )
    return held


def send_some(notice_id: int) -> bool:
    """Put it into the outbox for the next users, in one transaction; True when all have it.

    In the context of the company's site. Safe to run twice, and by two at once.
    """
    with transaction.atomic():
        notice = _on_its_way(notice_id)
        if notice is None or notice.is_stopped or notice.filled_at:
            return True
        readers = _readers(notice)
        for user_id, email in readers:
            letter, key = notice_letter(notice, to=email), _key(notice, user_id)
            notice.queued += enqueue(letter, key=key, circular=notice.circular)
            notice.watermark = user_id
        if len(readers) < AT_ONCE:
            notice.filled_at = timezone.now()
        notice.save(update_fields=["queued", "watermark", "filled_at"])
        return notice.filled_at is not None


@transaction.atomic
def settle(notice_id: int) -> None:
    """Keep the numbers once nothing of it is on its way. In the context of the company's site."""
    notice = _on_its_way(notice_id)
    if notice is None or not (notice.filled_at or notice.is_stopped):
        return
    now = circulated(notice.circular)
    notice.sent, notice.failed = now.sent, now.failed
    if not now.on_their_way:
        notice.finished_at = timezone.now()
        notice.state = notice.state if notice.is_stopped else State.SENT
    notice.save(update_fields=["sent", "failed", "finished_at", "state"])


def progress_of(notice: Notice) -> Progress:
    """As it is now; as it was kept, once it is over."""
    if notice.finished_at:
        return _progress(notice, Circulated(sent=notice.sent, failed=notice.failed))
    with working_for(Site.objects.company().pk, kind="public"):
        return _progress(notice, circulated(notice.circular))


def count_readers(notice: Notice) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.count_users(%s, %s)", [notice.audience, notice.only_site_id])
        (count,) = cursor.fetchone()
    return int(count)


def count_of_product_news() -> int:
    """Members of the list that product news goes to: a count, for staff."""
    with working_for(Site.objects.company().pk, kind="public"):
        rows = NewsletterList.objects.kept().filter(slug=LIST)
        return rows.values_list("subscribed", flat=True).first() or 0


def _readers(notice: Notice) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        values = [notice.audience, notice.only_site_id, notice.watermark, AT_ONCE]
        cursor.execute("SELECT user_id, email FROM app.users_to_write_to(%s, %s, %s, %s)", values)
        return list(cursor.fetchall())


def _key(notice: Notice, user_id: int) -> str:
    return f"notice:{notice.pk}:{user_id}"


def _on_its_way(notice_id: int) -> Notice | None:
    """Locked, so that nobody stops, fills or settles it meanwhile."""
    rows = Notice.objects.on_its_way().select_for_update(of=("self",)).select_related("only_site")
    return rows.filter(pk=notice_id).first()


def _progress(notice: Notice, now: Circulated) -> Progress:
    return Progress(people=notice.people, sent=now.sent, failed=now.failed, leaving=now.leaving)


def _held(notice: Notice, state: int) -> Notice:
    rows = Notice.objects.select_for_update().filter(pk=notice.pk, state=state)
    held = rows.first()
    if held is None:
        raise NotAsPreviewed
    return held
