"""Mails that a server refused or sent back, and addresses that are losing our trust."""

from datetime import date
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import POST_READS, Opening, SiteForeignKey, SiteManager, SiteOwned
from mail.models.mailing import Mailing
from mail.models.outbox import Outbox
from visitors.models import Contact


class BounceQuerySet(models.QuerySet["Bounce"]):
    def for_list(self) -> Self:
        """With what a table shows of the contact and the row, and no more of them."""
        shown = ("row__address", "contact__number", "contact__name", "contact__email")
        own = ("kind", "reason", "status", "words", "at", "mailing", "site")
        return self.select_related("contact", "row").only(*own, *shown)


class Bounce(SiteOwned):
    """That one mail did not arrive, and why; at most one for a row of the outbox."""

    class Kind(models.IntegerChoices):
        HARD = 1, "Address does not work"
        SOFT = 2, "Did not work this time"
        OURS = 3, "Refused us or the content"

    row = SiteForeignKey(Outbox, models.CASCADE)
    mailing = SiteForeignKey(Mailing, models.CASCADE, null=True)
    contact = SiteForeignKey(Contact, models.SET_NULL, null=True)
    kind = models.PositiveSmallIntegerField(choices=Kind)
    reason = models.CharField(max_length=30)  # mail.reading.reasons
    status = models.CharField(max_length=12, blank=True)  # 5.1.1 (RFC 3463)
    reply_code = models.CharField(max_length=3, blank=True)
    words = models.CharField(max_length=300, blank=True)  # of the server
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager.from_queryset(BounceQuerySet)()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "row"], name="bounce_once")]
        indexes = [
            models.Index(fields=["site", "kind", "id"], name="bounce_kind"),
            models.Index(fields=["site", "mailing", "id"], name="bounce_mailing"),
            models.Index(fields=["site", "contact"], name="bounce_contact"),
            models.Index(fields=["site", "at"], name="bounce_age"),
        ]

    def __str__(self) -> str:
        return f"<Bounce {self.pk}>"


class SoftBounces(SiteOwned):
    """How often an address failed softly: one point a day at most, less as time goes by."""

    LIMIT: ClassVar[int] = 5  # points that suppress
    DAYS_A_POINT: ClassVar[int] = 60  # without a bounce: one point is forgiven

    address_hash = models.BinaryField()
    points = models.PositiveSmallIntegerField(default=0)
    last_on = models.DateField()

    objects = SiteManager["SoftBounces"]()

    class Meta:
        verbose_name = "soft bounces of an address"
        verbose_name_plural = "soft bounces of addresses"
        constraints = [
            models.UniqueConstraint(fields=["site", "address_hash"], name="soft_bounces_once")
        ]
        indexes = [models.Index(fields=["site", "last_on"], name="soft_bounces_age")]

    def __str__(self) -> str:
        return f"<SoftBounces {self.pk}>"

    def points_on(self, day: date) -> int:
        return max(self.points - (day - self.last_on).days // self.DAYS_A_POINT, 0)


class MailDay(SiteOwned):
    """What came back to a site in one day; `ours` and `complained` are what receivers hold
    against us, the site's risk."""

    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)
    post_indexes: ClassVar[frozenset[str]] = frozenset({"mail_day_day"})

    day = models.DateField()
    hard = models.PositiveIntegerField(default=0)
    soft = models.PositiveIntegerField(default=0)
    ours = models.PositiveIntegerField(default=0)
    complained = models.PositiveIntegerField(default=0)
    replied = models.PositiveIntegerField(default=0)
    auto_replied = models.PositiveIntegerField(default=0)

    objects = SiteManager["MailDay"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "day"], name="mail_day_once")]
        indexes = [models.Index(fields=["day"], name="mail_day_day")]

    def __str__(self) -> str:
        return f"<MailDay {self.day}>"
