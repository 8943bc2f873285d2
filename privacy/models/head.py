"""The seals of journals that were mailed to the owners of sites."""

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import SiteManager, SiteOwned


class MailedHead(SiteOwned):
    """The head of a site's chain on the day when it was mailed: a rebuilt chain misses it (P9.3).

    The mail is the proof; the row says what was mailed last, and shows it to the site.
    """

    seq = models.PositiveBigIntegerField()
    hash = models.BinaryField()
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["MailedHead"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "seq"], name="mailed_head_once")]

    def __str__(self) -> str:
        return f"<MailedHead {self.seq}>"
