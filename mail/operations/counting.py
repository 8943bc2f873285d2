"""The counters of a mailing, in its total and in the hour of the plot."""

from django.db.models import F
from django.utils import timezone

from mail.models import Mailing, MailingHour


def count_one(mailing: Mailing, counter: str) -> None:
    """One more `unsubscribed`, `bounced` … of this mailing, now."""
    Mailing.objects.filter(pk=mailing.pk).update(**{counter: F(counter) + 1})
    MailingHour.objects.update_or_create(
        site_id=mailing.site_id,
        mailing=mailing,
        hour=timezone.now().replace(minute=0, second=0, microsecond=0),
        defaults={counter: F(counter) + 1},
        create_defaults={counter: 1},
    )
