"""What should make somebody look twice at how staff use their grants (P9.3)."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass, SiteForeignKey, SiteManager, SiteOwned
from privacy.models.grant import AccessGrant


class AccessAlertQuerySet(models.QuerySet["AccessAlert"]):
    def open(self) -> Self:
        return self.filter(seen_at=None)

    def for_list(self) -> Self:
        return self.select_related("site", "staff", "grant").order_by("-id")


class AccessAlert(SiteOwned):
    """One remark about one grant; written by functions of the database (sql/alerts.sql)."""

    class Kind(models.TextChoices):
        MANY = "many_records", "Many records within an hour"
        UNUSED = "unused_grant", "A grant that nobody used"
        UNRELATED = "unrelated_records", "Records that the reference does not lead to"

    data_class: ClassVar[DataClass] = "account_data"
    written_by_functions: ClassVar[bool] = True

    kind = models.CharField(max_length=30, choices=Kind)
    grant = SiteForeignKey(AccessGrant, models.CASCADE)
    staff = models.ForeignKey(User, models.PROTECT, related_name="+")
    count = models.PositiveIntegerField(default=0)  # records
    at = models.DateTimeField(default=timezone.now)
    seen_by = models.BigIntegerField(null=True)  # the colleague who looked into it
    seen_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(AccessAlertQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "kind", "grant"], name="alert_once_a_grant")
        ]
        indexes = [
            models.Index(
                fields=["-id"], condition=models.Q(seen_at=None), name="alert_of_staff_open"
            )
        ]

    def __str__(self) -> str:
        return f"<AccessAlert {self.pk}>"
