"""Addresses that get no marketing mail of a site."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import POST_WORKS, Opening, SiteForeignKey, SiteManager, SiteOwned
from mail.models.mailing import Mailing
from visitors.models import Contact


class Suppression(SiteOwned):
    """An address that gets no marketing mail of this site: kept as a keyed hash only."""

    class Reason(models.IntegerChoices):
        UNSUBSCRIBED = 1, "Unsubscribed"
        HARD_BOUNCE = 2, "Address does not exist"
        COMPLAINT = 3, "Complained"
        OPERATOR = 4, "Added by an operator"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    address_hash = models.BinaryField()
    contact = SiteForeignKey(Contact, models.SET_NULL, null=True)
    reason = models.PositiveSmallIntegerField(choices=Reason)
    mailing = SiteForeignKey(Mailing, models.SET_NULL, null=True)
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["Suppression"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "address_hash"], name="suppression_once")
        ]

    def __str__(self) -> str:
        return f"<Suppression {self.pk}>"
