"""The heads of journals, mailed daily: whoever rebuilds a chain cannot rebuild the mails."""

from dataclasses import dataclass

from django.db import connections, transaction

from comm100.core.models import JournalEntry, JournalHead
from privacy.models import MailedHead


@dataclass(frozen=True)
class News:
    """What is mailed: the head, how many entries are new, and what staff did since."""

    head: MailedHead
    added: int
    by_staff: list[JournalEntry]
    more_by_staff: bool


MOST_TOLD = 30  # entries about staff in one mail; the page has all


def heads_due(most: int) -> list[int]:
    """Sites whose journal grew, and whose owners were mailed a day ago or longer."""
    with connections["post"].cursor() as cursor:
        cursor.execute("SELECT due_site FROM app.heads_due(%s)", [most])
        return [site_id for (site_id,) in cursor.fetchall()]


@transaction.atomic
def note_head() -> News | None:
    """Keep the head of the site in context as mailed; None when it was mailed already."""
    head = JournalHead.objects.first()
    last = MailedHead.objects.order_by("-seq").first()
    since = last.seq if last else 0
    if head is None or head.seq <= since:
        return None
    mailed, is_new = MailedHead.objects.get_or_create(
        seq=head.seq, site_id=head.site_id, defaults={"hash": bytes(head.hash)}
    )
    if not is_new:
        return None
    entries = JournalEntry.objects.filter(seq__gt=since, grant_id__isnull=False)
    told = list(entries.order_by("seq")[: MOST_TOLD + 1])
    return News(mailed, head.seq - since, told[:MOST_TOLD], len(told) > MOST_TOLD)
