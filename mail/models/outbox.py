"""One message to one address, and the two lanes that it may leave by."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from comm100.core.tenancy import (
    POST_READS,
    POST_WORKS,
    Opening,
    SiteForeignKey,
    SiteManager,
    SiteOwned,
)
from mail.models.mailing import Mailing
from visitors.models import Contact


class Lane(models.IntegerChoices):
    TRANSACTIONAL = 1, "transactional"
    MARKETING = 2, "marketing"


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def unsent(self) -> Self:
        return self.filter(state__in=Outbox.UNSENT)

    def for_mailing(self, mailing: Mailing) -> Self:
        """The deliveries of a mailing; `.in_state()` narrows, in the order of an index."""
        return self.filter(mailing=mailing).defer("content").select_related("contact")

    def in_state(self, *states: int) -> Self:
        return self.filter(state__in=states).order_by("-id")


class Outbox(SiteOwned):
    """One message to one address, from `ready` to what became of it."""

    class State(models.IntegerChoices):
        READY = 1, "Ready"
        INFLIGHT = 3, "In flight"
        SENT = 4, "Sent"
        RETRY = 5, "Waiting to try again"
        FAILED = 6, "Failed"
        SUPPRESSED = 7, "Suppressed"
        UNKNOWN = 8, "Unknown"
        CANCELLED = 9, "Cancelled"

    UNSENT: ClassVar[tuple[int, ...]] = (State.READY, State.INFLIGHT, State.RETRY)
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    checked_by_statement: ClassVar[bool] = True
    # single letters carry links that open accounts
    hidden_from_staff: ClassVar[tuple[str, ...]] = ("content",)
    post_indexes: ClassVar[frozenset[str]] = frozenset({"outbox_due", "outbox_leased"})

    lane = models.PositiveSmallIntegerField(choices=Lane)
    mailing = SiteForeignKey(Mailing, models.CASCADE, null=True)
    contact = SiteForeignKey(Contact, models.SET_NULL, null=True)
    address = models.CharField(max_length=320)
    address_hash = models.BinaryField()
    domain_bucket = models.PositiveSmallIntegerField(default=0)
    # the whole message, when it is no mailing's; kept only until the row is settled
    content = models.BinaryField(null=True)
    state = models.PositiveSmallIntegerField(choices=State, default=State.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_reply = models.CharField(max_length=300, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=100, null=True)  # NULL never clashes
    # what goes to many in the transactional lane, by name: it can be stopped as a whole
    circular = models.CharField(max_length=60, null=True)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(OutboxQuerySet)()

    class Meta:
        verbose_name = "mail"
        constraints = [
            models.UniqueConstraint(
                fields=["site", "mailing", "address_hash"], name="outbox_address_once"
            ),
            models.UniqueConstraint(
                fields=["site", "idempotency_key"],
                condition=Q(idempotency_key__isnull=False),
                name="outbox_idempotency_once",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "mailing", "state", "id"], name="outbox_mailing_rows"),
            models.Index(fields=["site", "contact"], name="outbox_contact"),
            models.Index(
                fields=["site", "circular", "state"],
                condition=Q(circular__isnull=False),
                name="outbox_circular",
            ),
            models.Index(
                fields=["lane", "mailing", "not_before", "id"],
                condition=Q(state__in=[1, 5]),
                name="outbox_due",
            ),
            models.Index(fields=["lease_until"], condition=Q(state=3), name="outbox_leased"),
        ]

    def __str__(self) -> str:
        return f"<Outbox {self.pk}>"


class Recall(SiteOwned):
    """Letters of this circular are not to leave any more: the claim asks each time.

    So one that was in a worker's hands when it was stopped, and comes back, does not go again.
    """

    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)

    circular = models.CharField(max_length=60)
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["Recall"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "circular"], name="recall_once")]

    def __str__(self) -> str:
        return f"<Recall {self.pk}>"
