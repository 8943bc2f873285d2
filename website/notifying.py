"""Write to users about the running of the service: preview, one click, each user once (P3.2).

It leaves through the company's own site in the transactional lane, which no choice stops (P7.4). So
nothing but the notice fits in: plain text, no HTML, no merge fields, nothing counted.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.tenancy import working_for
from mail.operations import enqueue
from newsletter.models import NewsletterList
from website.events import NoticeConfirmed
from website.mails import notice_letter
from website.members import LIST
from website.models import Notice

State = Notice.State
AT_ONCE = 200  # users in one transaction


class NotAsPreviewed(Exception):
    """It was changed, or sent, since this preview."""


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


def send_some(notice_id: int) -> bool:
    """Put it into the outbox for the next users, in one transaction; True when all have it.

    In the context of the company's site. Safe to run twice, and by two at once.
    """
    with transaction.atomic():
        rows = Notice.objects.select_for_update(of=("self",)).select_related("only_site")
        notice = rows.filter(pk=notice_id, state=State.SENDING).first()
        if notice is None:
            return True
        readers = _readers(notice)
        for user_id, email in readers:
            notice.queued += enqueue(notice_letter(notice, to=email), key=_key(notice, user_id))
            notice.watermark = user_id
        if len(readers) < AT_ONCE:
            notice.state, notice.finished_at = State.SENT, timezone.now()
        notice.save(update_fields=["queued", "watermark", "state", "finished_at"])
        return notice.state == State.SENT


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


def _held(notice: Notice, state: int) -> Notice:
    rows = Notice.objects.select_for_update().filter(pk=notice.pk, state=state)
    held = rows.first()
    if held is None:
        raise NotAsPreviewed
    return held
