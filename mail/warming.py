"""How much may leave from a domain that receivers do not know yet (mail/pacing.py), told ahead."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from accounts.models import Site
from mail.models import SendingDomain

FIRST_DAY = 50  # mails from a domain that nobody knows; each day twice as many
DAY = timedelta(days=1)
LONGEST = 30  # days; by then nobody's audience is larger


@dataclass(frozen=True)
class Warming:
    """began: when its first mailing left, None before; used_to: how much of the day is used up
    (mail/sql/pace_takes.sql)."""

    domain: str
    began: datetime | None = None
    used_to: datetime | None = None

    @property
    def today(self) -> int:
        """Mails a day, as of now."""
        return self._allowed(self._day(timezone.now()))

    def last_of(self, mails: int) -> datetime:
        """About when the last of so many will have left, beginning now."""
        now = timezone.now()
        began, day = self.began or now, self._day(now)
        mails -= self._left(day, began)
        if mails <= 0:
            return now
        while mails > 0 and day < LONGEST:
            day += 1
            mails -= self._allowed(day)
        return began + DAY * day

    def _left(self, day: int, began: datetime) -> int:
        dawn = began + DAY * day
        left = (dawn + DAY - max(self.used_to or dawn, dawn)) / DAY
        return int(self._allowed(day) * left + 0.001)  # as pace_takes.sql rounds

    def _day(self, moment: datetime) -> int:
        return (moment - self.began) // DAY if self.began else 0

    def _allowed(self, day: int) -> int:
        return int(FIRST_DAY * 2**day)


def warming_of(site: Site) -> Warming | None:
    """Of the domain that the site's campaigns leave from; None where they leave at full speed."""
    if site.is_company or site.standing == Site.Standing.TRUSTED:
        return None
    domain = SendingDomain.objects.verified().filter(is_used=True).first()
    if domain is None:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT since, next_at FROM app.pace_of_domain(%s)", [domain.name])
        pace = cursor.fetchone() or ()
    return Warming(domain.name, *pace)
