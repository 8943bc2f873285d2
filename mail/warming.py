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
    """began: when its first mailing left, None before."""

    domain: str
    began: datetime | None

    @property
    def today(self) -> int:
        """Mails a day, as of now."""
        return self._allowed(self._days(timezone.now()))

    def last_of(self, mails: int) -> datetime:
        """About when the last of so many will have left, beginning now."""
        moment = timezone.now()
        began = self.began or moment
        for day in range(self._days(moment), LONGEST):
            rate = self._allowed(day)
            left = began + DAY * (day + 1) - moment
            if mails <= rate * (left / DAY):
                return moment + DAY * (mails / rate)
            mails, moment = mails - int(rate * (left / DAY)), moment + left
        return moment

    def _days(self, moment: datetime) -> int:
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
        cursor.execute("SELECT app.domain_began(%s)", [domain.name])
        (began,) = cursor.fetchone()
    return Warming(domain.name, began)
