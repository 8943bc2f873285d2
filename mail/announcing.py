"""What the engine did, told as events in the context of the site where it happened."""

from collections.abc import Sequence

from django.utils import timezone

from comm100.core.events import publish
from comm100.core.tenancy import current_site_id, working_for
from mail.claims import Row
from mail.events import MailBounced, MailingFinished
from mail.models import Mailing
from mail.outcomes import Outcome
from mail.statements import as_post


def announce_finished() -> int:
    """Close the mailings whose every recipient is accounted for; each is told at least once."""
    as_post("add_up")
    finished = [row for row in as_post("finish") if _reachable(row[1])]
    for mailing_id, site_id in finished:
        with working_for(site_id):
            unannounced = Mailing.objects.filter(pk=mailing_id, announced_at=None)
            if unannounced.update(announced_at=timezone.now()):
                publish(MailingFinished(site_id=site_id, mailing_id=mailing_id))
    return len(finished)


def tell_bounces(bounced: Sequence[tuple[Row, Outcome]]) -> None:
    for row, outcome in bounced:
        if not _reachable(row.site_id):
            continue
        with working_for(row.site_id):
            publish(
                MailBounced(
                    site_id=row.site_id,
                    outbox_id=row.id,
                    mailing_id=row.mailing_id,
                    contact_id=row.contact_id,
                    smtp_code=outcome.code or 0,
                    reply=outcome.reply or "",
                    gone=outcome.gone,
                )
            )


def _reachable(site_id: int) -> bool:
    """A task that runs eagerly stands inside one site's work and cannot turn to another."""
    return current_site_id() in {None, site_id}
