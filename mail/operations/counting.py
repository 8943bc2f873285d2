"""The counters of a mailing, in its total and in the hour of the plot."""

from typing import Literal

from django.db import connection

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


def count_one(mailing_id: int, counter: Counter) -> None:
    """One more of these for a mailing of the site in context, now; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, _NOTHING | {counter: 1, "mailing": mailing_id})
