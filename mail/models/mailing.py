"""Something that goes to many, and its series of numbers."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from comm100.core.tenancy import POST_WORKS, Opening, SiteForeignKey, SiteManager, SiteOwned
from visitors.models import MAIL_KINDS, Kind


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

    class HeldFor(models.IntegerChoices):
        """Who lets it go on: a person of the site, or for RESULTS a moderator."""

        NOTHING = 0, "Nothing"
        PERSON = 1, "A person held it"
        CAP = 2, "More recipients than were approved"
        MISSED = 3, "It missed its time"
        RESULTS = 4, "Bounces or complaints"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    # the post works across sites: this serves it alone, so it does not start with site_id
    post_indexes: ClassVar[frozenset[str]] = frozenset({"mailing_to_announce"})

    content = models.BinaryField()  # canonical JSON, see mail/content.py
    content_hash = models.GeneratedField(
        expression=Sha256(F("content")), output_field=models.BinaryField(), db_persist=True
    )
    approved_hash = models.BinaryField(null=True)
    # as the content says: which choice of its readers the claim obeys (P7.1)
    kind = models.PositiveSmallIntegerField(
        choices=[(kind.value, kind.label) for kind in MAIL_KINDS],
        default=Kind.MARKETING,
        db_default=Kind.MARKETING.value,
    )
    recipient_cap = models.PositiveBigIntegerField(default=0)
    state = models.PositiveSmallIntegerField(choices=State, default=State.WAITING)
    hold_reason = models.CharField(max_length=200, blank=True)
    held_for = models.PositiveSmallIntegerField(choices=HeldFor, default=0, db_default=0)
    # the first few of what nobody proved yet: how many, and how many of them the claim may still
    # take; NULL when nothing restrains it (mail/operations/proving.py)
    canary = models.PositiveBigIntegerField(null=True)
    canary_left = models.PositiveBigIntegerField(null=True)
    # what was counted when a moderator let it go on: results are judged from there
    base_tried = models.PositiveBigIntegerField(default=0, db_default=0)
    base_hard = models.PositiveBigIntegerField(default=0, db_default=0)
    base_complained = models.PositiveBigIntegerField(default=0, db_default=0)
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
    complained = models.PositiveBigIntegerField(default=0, db_default=0)
    replied = models.PositiveBigIntegerField(default=0, db_default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    filled_at = models.DateTimeField(null=True)  # every recipient has a row or is counted out
    finished_at = models.DateTimeField(null=True)
    announced_at = models.DateTimeField(null=True)  # MailingFinished was told
    # the last claim, chunk or decision: sites take turns, and what lay still too long is held
    turn_at = models.DateTimeField(default=timezone.now)

    objects = SiteManager.from_queryset(MailingQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["site", "turn_at"], condition=Q(state=3), name="mailing_turns"),
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


class MailingShard(SiteOwned):
    """What was counted while the row of its mailing was busy; `app.count_mailing` writes it, and
    the sweep adds it to the totals and hours (mail/sql/add_up.sql)."""

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    written_by_functions: ClassVar[bool] = True

    mailing = SiteForeignKey(Mailing, models.CASCADE)
    hour = models.DateTimeField()
    shard = models.PositiveSmallIntegerField()
    sent = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    suppressed = models.BigIntegerField(default=0)
    unknown = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    bounced = models.BigIntegerField(default=0)
    unsubscribed = models.BigIntegerField(default=0)
    opened = models.BigIntegerField(default=0)
    clicked = models.BigIntegerField(default=0)

    objects = SiteManager["MailingShard"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["site", "mailing", "hour", "shard"], name="mailing_shard_once"
            )
        ]

    def __str__(self) -> str:
        return f"<MailingShard {self.pk}>"
