"""What became of the demo's campaign: written as if servers had answered, and nothing is mailed.

The outbox rows are settled in the transaction that made them, so no worker ever sees them ready.
"""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from django.db import connection
from django.utils import timezone

from mail.models import Bounce, MailDay, Mailing, MailingHour, Outbox
from mail.operations.bouncing import note_refusal
from mail.operations.filling import fill_chunk
from newsletter.models import Campaign, Departure
from newsletter.operations.departure import unsubscribe
from newsletter.operations.following import follow_mailing
from newsletter.operations.sending import readers_of
from visitors.models import Contact

LEFT_AFTER_HOURS = (0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 5, 7, 9, 12, 15, 19, 22, 26, 31)
HOWS = (Departure.How.LINK, Departure.How.ONE_CLICK, Departure.How.PREFERENCES)

# Over three hours, most in the first; one of 140 has no mailbox, one of 700 is refused.
SETTLE = """
WITH row AS (
  SELECT id, row_number() OVER (ORDER BY id) AS n, count(*) OVER () AS whole
  FROM mail_outbox WHERE site_id = %(site)s AND mailing_id = %(mailing)s
), fate AS (
  SELECT id, %(start)s::timestamptz + interval '3 hours' * power(n::float8 / whole, 1.7) AS at,
    CASE WHEN n %% 140 = 77 THEN 'gone' WHEN n %% 700 = 305 THEN 'refused' ELSE 'sent' END AS what
  FROM row
)
UPDATE mail_outbox o SET settled_at = f.at, created_at = %(start)s, not_before = %(start)s,
  attempts = 1, content = NULL,
  state = CASE f.what WHEN 'sent' THEN %(sent)s ELSE %(failed)s END,
  smtp_code = CASE f.what WHEN 'sent' THEN 250 ELSE 550 END,
  smtp_reply = CASE f.what WHEN 'sent' THEN '2.0.0 Ok: queued'
    WHEN 'gone' THEN '5.1.1 No such user here' ELSE '5.7.1 Message refused by policy' END
FROM fate f WHERE o.id = f.id AND o.site_id = %(site)s
"""
# Counters and the series per hour, from what stands in the rows.
COUNT = """
INSERT INTO mail_mailinghour
  (site_id, mailing_id, hour, sent, failed, bounced, unsubscribed, opened, clicked)
SELECT %(site)s, %(mailing)s, hour, sum(sent), sum(failed), sum(failed), sum(gone), 0, 0 FROM (
  SELECT date_trunc('hour', settled_at) AS hour, (state = %(sent)s)::int AS sent,
    (state = %(failed)s)::int AS failed, 0 AS gone
  FROM mail_outbox WHERE site_id = %(site)s AND mailing_id = %(mailing)s
  UNION ALL
  SELECT date_trunc('hour', at), 0, 0, 1
  FROM newsletter_departure WHERE site_id = %(site)s AND mailing_id = %(mailing)s
) happened GROUP BY hour
"""


def play_out(campaign: Campaign, *, start: datetime) -> None:
    """Fill the outbox of a started campaign and settle every row of it, from `start` on."""
    assert campaign.mailing is not None  # noqa: S101  it was submitted
    while not fill_chunk(campaign.mailing, readers_of(campaign, campaign.mailing)):
        pass
    mailing = Mailing.objects.without_content().get(pk=campaign.mailing.pk)
    _run(SETTLE, mailing, start)
    _bounce(mailing, start)
    _leave(mailing, start)
    MailingHour.objects.filter(mailing=mailing).delete()  # unsubscribing counted itself just now
    _run(COUNT, mailing, start)
    _close(mailing, start)
    follow_mailing(campaign)
    times = {"submitted_at": start - timedelta(hours=2), "decided_at": start}
    edited = {"created_at": start - timedelta(days=1), "edited_at": start - timedelta(hours=3)}
    Campaign.objects.filter(pk=campaign.pk).update(**times, **edited)


def _run(sql: str, mailing: Mailing, start: datetime) -> None:
    values: dict[str, Any] = {
        "site": mailing.site_id,
        "mailing": mailing.pk,
        "start": start,
        "sent": Outbox.State.SENT.value,
        "failed": Outbox.State.FAILED.value,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _bounce(mailing: Mailing, start: datetime) -> None:
    """Noted as the workers do; addresses that do not exist get no more marketing mail."""
    rows = Outbox.objects.for_mailing(mailing).in_state(Outbox.State.FAILED)
    for row in rows.order_by("settled_at"):
        note_refusal(row.pk, row.smtp_code or 0, row.smtp_reply)
        Bounce.objects.filter(row=row).update(at=row.settled_at)
    MailDay.objects.update(day=start.date())


def _leave(mailing: Mailing, start: datetime) -> None:
    """Some unsubscribe, as readers do: by the link, one click, the preference page."""
    rows = Outbox.objects.for_mailing(mailing).in_state(Outbox.State.SENT)
    leavers = islice(rows, 50, 50 + 97 * len(LEFT_AFTER_HOURS), 97)
    for number, (row, hours) in enumerate(zip(leavers, LEFT_AFTER_HOURS, strict=False)):
        contact = Contact.objects.get(pk=row.contact_id or 0)
        how = HOWS[number % len(HOWS)]
        departure = unsubscribe(contact, how=how, mailing_id=mailing.pk)
        at = start + timedelta(hours=hours, minutes=7 + 3 * number)
        if departure:
            Departure.objects.filter(pk=departure.pk).update(at=min(at, timezone.now()))


def _close(mailing: Mailing, start: datetime) -> None:
    tally = MailingHour.objects.filter(mailing=mailing).values_list(
        "sent", "failed", "bounced", "unsubscribed"
    )
    sent, failed, bounced, unsubscribed = (sum(column) for column in zip(*tally, strict=True))
    end = start + timedelta(hours=3)
    Mailing.objects.filter(pk=mailing.pk).update(
        state=Mailing.State.DONE,
        sent=sent,
        failed=failed,
        bounced=bounced,
        unsubscribed=unsubscribed,
        created_at=start - timedelta(hours=2),
        started_at=start,
        filled_at=start,
        finished_at=end,
        announced_at=end,
    )
