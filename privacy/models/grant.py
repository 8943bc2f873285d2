"""A staff member's permission to look at single records of one site (P9.3)."""

from datetime import datetime
from typing import ClassVar, Self
from uuid import uuid4

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Trim
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass, SiteManager, SiteOwned

models.CharField.register_lookup(Length)
models.CharField.register_lookup(Trim)
SHORTEST_REASON = 20  # characters
LONGEST = 8 * 60  # minutes


class Purpose(models.TextChoices):
    """The closed list of P9.3 and P9.4: the database refuses any other."""

    ABUSE_COMPLAINT = "newsletter_abuse_complaint", "Newsletter abuse complaint"
    PROBLEM = "problem_resolution", "Resolving a problem"
    SUPPORT = "support_issue", "Support issue"
    VIOLATION = "agreement_violation", "Suspected agreement violation"
    LAW = "legal_requirement", "Required by law"
    MODERATION = "newsletter_moderation", "Newsletter moderation"


# A second staff member approves these; a site may want its own click for those of HELP.
NEEDS_SECOND = (Purpose.ABUSE_COMPLAINT, Purpose.VIOLATION, Purpose.LAW)
HELP = (Purpose.PROBLEM, Purpose.SUPPORT)


class AccessGrantQuerySet(models.QuerySet["AccessGrant"]):
    def waiting(self) -> Self:
        return self.filter(active_from=None, ended_at=None)

    def active(self) -> Self:
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def over(self) -> Self:
        return self.filter(Q(expires_at__lte=timezone.now()) | Q(ended_at__isnull=False))

    def for_records(self) -> Self:
        """Those under which single records are opened: all but the moderation queue's own."""
        return self.active().exclude(purpose=Purpose.MODERATION)

    def for_list(self) -> Self:
        return self.select_related("site", "staff", "second").order_by("-id")


class AccessGrant(SiteOwned):
    """One staff member, one site, one purpose, at most eight hours once it is active.

    Written only by functions of the database (privacy/sql/fortify.sql), each with its journal
    entry. A grant shows nothing by itself: each record is declared first (`record.view`).
    """

    data_class: ClassVar[DataClass] = "account_data"
    written_by_functions: ClassVar[bool] = True

    public_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    staff = models.ForeignKey(User, models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=40, choices=Purpose)
    reason = models.CharField(max_length=1000)
    reference = models.CharField(max_length=120)  # ticket, complaint, order, campaign
    minutes = models.PositiveSmallIntegerField()
    opened_at = models.DateTimeField(default=timezone.now)
    needs_second = models.BooleanField()
    second = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    needs_site = models.BooleanField()
    site_approved_by = models.BigIntegerField(null=True)  # the user who clicked
    active_from = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=60, blank=True)  # staff:4, user:7, time
    objection = models.CharField(max_length=1000, blank=True)  # the site's words

    objects = SiteManager.from_queryset(AccessGrantQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="grant_purpose"),
            models.CheckConstraint(
                condition=Q(reason__trim__length__gte=SHORTEST_REASON), name="grant_reason"
            ),
            models.CheckConstraint(
                condition=Q(reference__trim__length__gte=3), name="grant_reference"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=LONGEST), name="grant_minutes"
            ),
            models.CheckConstraint(
                condition=Q(second=None) | ~Q(second=F("staff")), name="grant_second_is_another"
            ),
            models.CheckConstraint(
                condition=Q(active_from=None, expires_at=None)
                | Q(expires_at__gt=F("active_from"))
                & (Q(needs_second=False) | Q(second__isnull=False))
                & (Q(needs_site=False) | Q(site_approved_by__isnull=False)),
                name="grant_active_when_approved",
            ),
        ]
        indexes = [
            models.Index(fields=["staff", "ended_at", "expires_at"], name="grant_of_staff"),
            models.Index(fields=["site", "-id"], name="grant_of_site"),
            models.Index(fields=["expires_at"], condition=Q(ended_at=None), name="grant_running"),
        ]

    def __str__(self) -> str:
        return f"<AccessGrant {self.pk}>"

    @property
    def is_active(self) -> bool:
        now = timezone.now()
        return self.ended_at is None and self.expires_at is not None and self.expires_at > now

    @property
    def opens_records(self) -> bool:
        return self.is_active and self.purpose != Purpose.MODERATION

    @property
    def is_waiting(self) -> bool:
        return self.active_from is None and self.ended_at is None

    @property
    def refused_by(self) -> int | None:
        """The colleague who ended it before it ran; None when the asker, the site or time did."""
        kind, _, number = self.ended_by.partition(":")
        is_refusal = self.active_from is None and kind == "staff" and int(number) != self.staff_id
        return int(number) if is_refusal else None

    @property
    def over_at(self) -> datetime | None:
        return self.ended_at or self.expires_at
