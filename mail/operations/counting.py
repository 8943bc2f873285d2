"""The counters of a mailing, in its total and in the hour of the plot."""

from typing import Literal, get_args

from django.db import connection
from django.db.models import F

from comm100.core.tenancy import current_site_id
from mail.models import Mailing

Counter = Literal["bounced", "unsubscribed", "opened", "clicked"]
_COUNT = """
WITH counted AS (
  UPDATE mail_mailing SET bounced = bounced + %(bounced)s,
    unsubscribed = unsubscribed + %(unsubscribed)s,
    opened = opened + %(opened)s, clicked = clicked + %(clicked)s
  WHERE id = %(mailing)s RETURNING site_id, id
)
INSERT INTO mail_mailinghour AS h
  (site_id, mailing_id, hour, sent, failed, bounced, unsubscribed, opened, clicked)
SELECT site_id, id, date_trunc('hour', now()), 0, 0,
  %(bounced)s, %(unsubscribed)s, %(opened)s, %(clicked)s
FROM counted
ON CONFLICT (site_id, mailing_id, hour) DO UPDATE SET bounced = h.bounced + EXCLUDED.bounced,
  unsubscribed = h.unsubscribed + EXCLUDED.unsubscribed,
  opened = h.opened + EXCLUDED.opened, clicked = h.clicked + EXCLUDED.clicked
"""
_NOTHING = {"bounced": 0, "unsubscribed": 0, "opened": 0, "clicked": 0}


DayCounter = Literal["hard", "soft", "ours", "complained", "replied", "auto_replied"]
_COUNT_DAY = """
INSERT INTO mail_mailday AS d (site_id, day, hard, soft, ours, complained, replied, auto_replied)
VALUES (%(site_id)s, (now() AT TIME ZONE 'UTC')::date, %(hard)s, %(soft)s, %(ours)s,
  %(complained)s, %(replied)s, %(auto_replied)s)
ON CONFLICT (site_id, day) DO UPDATE SET hard = d.hard + EXCLUDED.hard,
  soft = d.soft + EXCLUDED.soft, ours = d.ours + EXCLUDED.ours,
  complained = d.complained + EXCLUDED.complained, replied = d.replied + EXCLUDED.replied,
  auto_replied = d.auto_replied + EXCLUDED.auto_replied
"""


def count_day(counter: DayCounter) -> None:
    """One more of these came back to the site in context today."""
    numbers = {name: 0 for name in get_args(DayCounter)} | {counter: 1}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_DAY, numbers | {"site_id": current_site_id()})


def count_total(mailing_id: int, counter: Literal["complained", "replied"]) -> None:
    """One more of these for a mailing, which no plot shows by the hour."""
    Mailing.objects.filter(pk=mailing_id).update(**{counter: F(counter) + 1})


def count_one(mailing_id: int, counter: Counter) -> None:
    """One more of these for a mailing of the site in context, now; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _NOTHING | {counter: 1, "mailing": mailing_id})
