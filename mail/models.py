"""How a message leaves: mailings, the outbox with its states, suppression (docs/mail.md)."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from comm100.core.tenancy import (
    POST_WORKS,
    DataClass,
    Opening,
    SiteForeignKey,
    SiteManager,
    SiteOwned,
)
from visitors.models import Contact


class Lane(models.IntegerChoices):
    TRANSACTIONAL = 1, "transactional"
    MARKETING = 2, "marketing"


class Sha256(Func):
    function = "sha256"
    output_field = models.BinaryField()


class MailingQuerySet(models.QuerySet["Mailing"]):
    def without_content(self) -> Self:
        """For pages that show numbers: the content may be large."""
        return self.defer("content")


class Mailing(SiteOwned):
    """Something that goes to many: the frozen content, and whether it may leave.

    `content_hash` is computed by the database from `content`. The claim (mail/sql) sends only
    while it equals `approved_hash`: no mistake in a screen can send what was not approved (P9.4).
    """

    class State(models.IntegerChoices):
        WAITING = 1, "Waiting for approval"
        FILLING = 2, "Filling the outbox"
        OPEN = 3, "Sending"
        HELD = 4, "Held"
        CANCELLED = 5, "Cancelled"
        DONE = 6, "Done"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    # the post works across sites: these serve it alone, so they do not start with site_id
    post_indexes: ClassVar[frozenset[str]] = frozenset({"mailing_open", "mailing_to_announce"})

    content = models.BinaryField()  # canonical JSON, see mail/content.py
    content_hash = models.GeneratedField(
        expression=Sha256(F("content")), output_field=models.BinaryField(), db_persist=True
    )
    approved_hash = models.BinaryField(null=True)
    recipient_cap = models.PositiveBigIntegerField(default=0)
    state = models.PositiveSmallIntegerField(choices=State, default=State.WAITING)
    hold_reason = models.CharField(max_length=200, blank=True)
    not_before = models.DateTimeField(null=True)
    watermark = models.PositiveBigIntegerField(default=0)  # last contact id in the outbox
    total = models.PositiveBigIntegerField(default=0)
    sent = models.PositiveBigIntegerField(default=0)
    failed = models.PositiveBigIntegerField(default=0)
    suppressed = models.PositiveBigIntegerField(default=0)
    unknown = models.PositiveBigIntegerField(default=0)
    cancelled = models.PositiveBigIntegerField(default=0)
    bounced = models.PositiveBigIntegerField(default=0)
    unsubscribed = models.PositiveBigIntegerField(default=0)
    opened = models.PositiveBigIntegerField(default=0)
    clicked = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    filled_at = models.DateTimeField(null=True)  # every recipient has a row or is counted out
    finished_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)  # MailingFinished was told
    turn_at = models.DateTimeField(default=timezone.now)  # last claim: sites take turns

    objects = SiteManager.from_queryset(MailingQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["turn_at"], condition=Q(state=3), name="mailing_open"),
            models.Index(
                fields=["id"],
                condition=Q(finished_at__isnull=False, announced_at__isnull=True),
                name="mailing_to_announce",
            ),
        ]

    def __str__(self) -> str:
        return f"<Mailing {self.pk}>"

    @property
    def settled(self) -> int:
        """Recipients of whom we know what became; with `remaining` this is `total`."""
        return self.sent + self.failed + self.suppressed + self.unknown + self.cancelled

    @property
    def remaining(self) -> int:
        return max(self.total - self.settled, 0)

    @property
    def percent(self) -> int:
        return int(100 * self.settled / self.total) if self.total else 0


class MailingHour(SiteOwned):
    """What became of a mailing in one hour: the series behind the plots."""

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    mailing = SiteForeignKey(Mailing, models.CASCADE)
    hour = models.DateTimeField()
    sent = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    bounced = models.PositiveIntegerField(default=0)
    unsubscribed = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(default=0)

    objects = SiteManager["MailingHour"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "mailing", "hour"], name="mailing_hour_once")
        ]

    def __str__(self) -> str:
        return f"<MailingHour {self.hour:%Y-%m-%dT%H}>"


class OutboxQuerySet(models.QuerySet["Outbox"]):
    def unsent(self) -> Self:
        return self.filter(state__in=Outbox.UNSENT)

    def for_mailing(self, mailing: Mailing) -> Self:
        """The deliveries of a mailing; `.in_state()` narrows, in the order of an index."""
        return self.filter(mailing=mailing).defer("content", "merge").select_related("contact")

    def in_state(self, *states: int) -> Self:
        return self.filter(state__in=states).order_by("-id")


class Outbox(SiteOwned):
    """One message to one address, from `ready` to what became of it."""

    class State(models.IntegerChoices):
        READY = 1, "Ready"
        CLAIMED = 2, "Claimed"
        INFLIGHT = 3, "In flight"
        SENT = 4, "Sent"
        RETRY = 5, "Waiting to try again"
        FAILED = 6, "Failed"
        SUPPRESSED = 7, "Suppressed"
        UNKNOWN = 8, "Unknown"
        CANCELLED = 9, "Cancelled"

    UNSENT: ClassVar[tuple[int, ...]] = (State.READY, State.CLAIMED, State.INFLIGHT, State.RETRY)
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    post_indexes: ClassVar[frozenset[str]] = frozenset({"outbox_due", "outbox_leased"})

    lane = models.PositiveSmallIntegerField(choices=Lane)
    mailing = SiteForeignKey(Mailing, models.CASCADE, null=True)
    contact = SiteForeignKey(Contact, models.SET_NULL, null=True)
    address = models.CharField(max_length=320)
    address_hash = models.BinaryField()
    domain_bucket = models.PositiveSmallIntegerField(default=0)
    # both are kept only until the row is settled
    merge = models.JSONField(null=True)  # {"name": …, "fields": {…}}, for the splice
    content = models.BinaryField(null=True)  # the whole message, when it is no mailing's
    state = models.PositiveSmallIntegerField(choices=State, default=State.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    smtp_code = models.PositiveSmallIntegerField(null=True)
    smtp_reply = models.CharField(max_length=300, blank=True)
    message_id = models.CharField(max_length=200, blank=True)
    idempotency_key = models.CharField(max_length=100, null=True)  # NULL never clashes
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(OutboxQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "mailing", "address_hash"], name="outbox_address_once"
            ),
            models.UniqueConstraint(
                fields=["site", "idempotency_key"], name="outbox_idempotency_once"
            ),
        ]
        indexes = [
            models.Index(fields=["site", "mailing", "state", "id"], name="outbox_mailing_rows"),
            models.Index(fields=["site", "contact"], name="outbox_contact"),
            models.Index(
                fields=["lane", "mailing", "not_before", "id"],
                condition=Q(state__in=[1, 5]),
                name="outbox_due",
            ),
            models.Index(
                fields=["lease_until"], condition=Q(state__in=[2, 3]), name="outbox_leased"
            ),
        ]

    def __str__(self) -> str:
        return f"<Outbox {self.pk}>"


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


class InboundMail(SiteOwned):
    """A mail that came back to a signed address of ours: kept until it is routed, then gone."""

    class Kind(models.IntegerChoices):
        LEAVE = 1, "To a List-Unsubscribe address"
        BOUNCE = 2, "To an envelope sender"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    post_indexes: ClassVar[frozenset[str]] = frozenset({"inbound_waiting"})

    kind = models.PositiveSmallIntegerField(choices=Kind)
    about = SiteForeignKey(Outbox, models.CASCADE)
    raw = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["InboundMail"]()

    class Meta:
        indexes = [models.Index(fields=["tries", "id"], name="inbound_waiting")]

    def __str__(self) -> str:
        return f"<InboundMail {self.pk}>"


class RelayQuerySet(models.QuerySet["Relay"]):
    def in_trouble(self) -> Self:
        """Servers that we wait for: pages say so with `problem`."""
        return self.exclude(problem="")


class Relay(models.Model):
    """How the mail server that we hand everything to is doing; one row, kept by the post."""

    data_class: ClassVar[DataClass] = "platform"
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    name = models.CharField(max_length=200, unique=True)  # host:port
    problem = models.CharField(max_length=300, blank=True)  # "" while it works
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    resting_until = models.DateTimeField(null=True)  # nobody claims before
    worked_at = models.DateTimeField(null=True)

    objects = RelayQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
