"""The counters of a mailing, in its total and in the hour of the plot."""

from typing import Literal, get_args

from django.db import connection
from django.db.models import F

from comm100.core.tenancy import current_site_id
from mail.models import Mailing

Counter = Literal["failed", "bounced", "unsubscribed", "opened", "clicked"]
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
    numbers = dict.fromkeys(get_args(DayCounter), 0) | {counter: 1}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_DAY, numbers | {"site_id": current_site_id()})


def count_total(mailing_id: int, counter: Literal["complained", "replied"]) -> None:
    """One more of these for a mailing, which no plot shows by the hour."""
    Mailing.objects.filter(pk=mailing_id).update(**{counter: F(counter) + 1})


def count_one(mailing_id: int, *counters: Counter) -> None:
    """One more of each for a mailing of the site in context, now; nobody waits for it."""
    ones = ", ".join(f"{counter} => 1" for counter in counters)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT app.count_mailing(%s, %s, {ones})", [current_site_id(), mailing_id])
