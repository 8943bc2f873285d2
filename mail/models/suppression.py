"""Addresses that get no marketing mail of a site."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import POST_WORKS, Opening, SiteForeignKey, SiteManager, SiteOwned
from mail.models.mailing import Mailing
from operators.models import Operator
from visitors.models import Contact


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def for_list(self) -> Self:
        rows = self.select_related("contact", "by__user")
        return rows.defer("contact__fields")


class Suppression(SiteOwned):
    """An address that gets no marketing mail of this site: kept as a keyed hash only."""

    class Reason(models.IntegerChoices):
        UNSUBSCRIBED = 1, "Unsubscribed"
        HARD_BOUNCE = 2, "Address does not exist"
        COMPLAINT = 3, "Complained"
        OPERATOR = 4, "Added by an operator"
        SOFT_BOUNCE = 5, "Bounced again and again"

    # what says something of the address; the others are somebody's wish
    ABOUT_THE_ADDRESS: ClassVar[tuple[int, ...]] = (Reason.HARD_BOUNCE, Reason.SOFT_BOUNCE)
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    address_hash = models.BinaryField()
    contact = SiteForeignKey(Contact, models.SET_NULL, null=True)
    reason = models.PositiveSmallIntegerField(choices=Reason)
    mailing = SiteForeignKey(Mailing, models.SET_NULL, null=True)
    by = SiteForeignKey(Operator, models.SET_NULL, null=True)
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager.from_queryset(SuppressionQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "address_hash"], name="suppression_once")
        ]
        indexes = [models.Index(fields=["site", "reason", "id"], name="suppression_reason")]

    def __str__(self) -> str:
        return f"<Suppression {self.pk}>"

    @property
    def is_removable(self) -> bool:
        """Who unsubscribed or complained comes back by their own click only (P7.1)."""
        return self.reason in {*self.ABOUT_THE_ADDRESS, self.Reason.OPERATOR}

    @property
    def known_address(self) -> str:
        """ "" where the contact is none, or has another address by now."""
        contact = self.contact
        is_theirs = contact and bytes(contact.email_hash) == bytes(self.address_hash)
        return contact.email if contact and is_theirs else ""

    @property
    def key(self) -> str:
        """Stands for the address in a form, where the address itself is not known."""
        return bytes(self.address_hash).hex()
