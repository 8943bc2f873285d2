"""What the company had to disclose, and to whom (P6.2, P6.3)."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import (
    POST_READS,
    DataClass,
    Opening,
    SiteForeignKey,
    SiteManager,
    SiteOwned,
)
from privacy.models.grant import AccessGrant

SHORTEST = 3  # characters of a reference or an authority


class LegalDisclosureQuerySet(models.QuerySet["LegalDisclosure"]):
    def for_list(self) -> Self:
        return self.select_related("site", "grant__second", "asked_by").order_by("-id")

    def to_be_told(self) -> Self:
        """Done, no longer under a bar, and the site does not know yet."""
        done = self.filter(sealed_at__isnull=False, told_at=None)
        return done.filter(Q(barred_until=None) | Q(barred_until__lte=timezone.now().date()))


class LegalDisclosure(SiteOwned):
    """Single records of one site, disclosed because the law demands it (P6.3).

    Written only by functions of the database (sql/disclosures.sql). The records are read under
    `grant`, whose purpose is the law and which a second staff member approved. While the site may
    not know, the database hides the disclosure, its grant and their journal entries from it.
    """

    data_class: ClassVar[DataClass] = "account_data"
    written_by_functions: ClassVar[bool] = True
    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)

    grant = SiteForeignKey(AccessGrant, models.PROTECT)
    order_reference = models.CharField(max_length=120)
    authority = models.CharField(max_length=200)
    scope = models.CharField(max_length=1000)
    records = models.JSONField(default=list)  # [["visitors.contact", "12"], …]: kind and number
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    asked_at = models.DateTimeField(default=timezone.now)
    barred_until = models.DateField(null=True)
    bar_reason = models.CharField(max_length=300, blank=True)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the file that was handed over
    record_count = models.PositiveSmallIntegerField(default=0)
    sealed_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(LegalDisclosureQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "grant"], name="disclosure_of_grant"),
            models.CheckConstraint(
                condition=Q(order_reference__trim__length__gte=SHORTEST), name="disclosure_order"
            ),
            models.CheckConstraint(
                condition=Q(authority__trim__length__gte=SHORTEST), name="disclosure_authority"
            ),
            models.CheckConstraint(
                condition=Q(barred_until=None) | Q(bar_reason__trim__length__gte=SHORTEST),
                name="disclosure_bar_has_reason",
            ),
            models.CheckConstraint(
                condition=Q(sealed_at=None)
                | Q(digest__length=64, approved_by__isnull=False) & ~Q(approved_by=F("asked_by")),
                name="disclosure_by_two",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None) | Q(sealed_at__isnull=False), name="disclosure_told_after"
            ),
        ]
        indexes = [
            models.Index(
                fields=["site", "sealed_at"], condition=Q(told_at=None), name="disclosure_untold"
            )
        ]

    def __str__(self) -> str:
        return f"<LegalDisclosure {self.pk}>"

    @property
    def is_barred(self) -> bool:
        return self.barred_until is not None and self.barred_until > timezone.now().date()

    @property
    def state(self) -> str:
        if self.sealed_at:
            return "told" if self.told_at else "disclosed"
        if self.grant.is_active:
            return "approved"
        return "waiting" if self.grant.is_waiting else "over"
