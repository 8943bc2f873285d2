"""Lists, the people on them, campaigns, and what the moderators decided."""

from collections.abc import Collection
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from comm100.core.tenancy import (
    Numbered,
    SiteForeignKey,
    SiteManager,
    SiteOwned,
)
from mail.merge import merged
from mail.models import Mailing
from newsletter.numbers import Numbers
from operators.models import Operator
from visitors.models import MAIL_KINDS, Contact, Kind

LONGEST_WORDING = 800


class NewsletterListQuerySet(models.QuerySet["NewsletterList"]):
    def kept(self) -> Self:
        """All but those that were removed: their rows stay as the proof of consent."""
        return self.filter(removed_at=None)

    def for_list(self) -> Self:
        return self.kept().order_by("name", "number")


class NewsletterList(Numbered):
    """A list that people subscribe to; `subscribed` is kept by the database (sql/fortify.sql)."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, db_index=False)
    description = models.CharField(max_length=300, blank=True)
    # what its readers said yes to; it stands once people are on the list
    kind = models.PositiveSmallIntegerField(
        choices=[(kind.value, kind.label) for kind in MAIL_KINDS],
        default=Kind.MARKETING,
        db_default=Kind.MARKETING.value,
    )
    is_public = models.BooleanField("has a public subscription form", default=True)
    subscribed = models.PositiveBigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    removed_at = models.DateTimeField(null=True, editable=False)
    # how far the last filling by a filter is: operations/adding.py
    adding = models.JSONField(null=True, editable=False)

    objects = SiteManager.from_queryset(NewsletterListQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="list_number_once"),
            models.UniqueConstraint(fields=["site", "slug"], name="list_slug_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("newsletter:list", args=[self.site.slug, self.number])

    @property
    def is_being_filled(self) -> bool:
        return (self.adding or {}).get("over") is False

    @property
    def has_been_joined(self) -> bool:
        return Subscriber.objects.filter(list=self).exists()


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def subscribed(self) -> Self:
        return self.filter(state=Subscriber.State.SUBSCRIBED)


class Subscriber(SiteOwned):
    """A contact's place on a list, with the proof of how it came about (P7.1)."""

    class State(models.IntegerChoices):
        PENDING = 1, "Waiting for confirmation"
        SUBSCRIBED = 2, "Subscribed"
        UNSUBSCRIBED = 3, "Unsubscribed"

    list = SiteForeignKey(NewsletterList, models.CASCADE)
    contact = SiteForeignKey(Contact, models.CASCADE)
    state = models.PositiveSmallIntegerField(choices=State, default=State.PENDING)
    wording = models.CharField(max_length=LONGEST_WORDING, blank=True)  # what the contact agreed to
    requested_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(SubscriberQuerySet)()

    class Meta:
        verbose_name = "subscription"
        constraints = [
            models.UniqueConstraint(fields=["site", "list", "contact"], name="subscriber_once")
        ]
        indexes = [
            models.Index(fields=["site", "contact"], name="subscriber_contact"),
            models.Index(fields=["site", "list", "state", "contact"], name="subscriber_audience"),
        ]

    def __str__(self) -> str:
        return f"<Subscriber {self.pk}>"


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def for_list(self) -> Self:
        return self.with_numbers().defer("body", "text").order_by("-id")

    def with_numbers(self) -> Self:
        rows = self.select_related("mailing", "rest").defer("mailing__content", "rest__content")
        samples = Variant.objects.select_related("mailing").defer("mailing__content")
        return rows.prefetch_related(models.Prefetch("variants", samples))

    def of_mailing(self, mailing_id: int) -> Self:
        """The one whose readers a mailing writes to, whole or in part."""
        return self.of_mailings([mailing_id])

    def of_mailings(self, mailing_ids: Collection[int]) -> Self:
        samples = Variant.objects.filter(mailing__in=mailing_ids).values("campaign")
        parts = models.Q(rest__in=mailing_ids) | models.Q(pk__in=samples)
        return self.filter(models.Q(mailing__in=mailing_ids) | parts)

    def waiting(self) -> Self:
        """For a moderator: before they are sent, or stopped because of their results."""
        stopped = models.Q(state=Campaign.State.HELD, stopped_at__isnull=False)
        return self.filter(models.Q(state=Campaign.State.MODERATION_NEEDED) | stopped)


class Campaign(Numbered):
    """One newsletter issue, from draft to sent (docs/mail.md, "Moderation")."""

    class State(models.IntegerChoices):
        DRAFT = 1, "Draft"
        MODERATION_NEEDED = 2, "Moderation needed"
        CHANGES_REQUESTED = 3, "Changes requested"
        REJECTED = 4, "Rejected"
        APPROVED = 5, "Approved"
        SCHEDULED = 6, "Scheduled"
        SENDING = 7, "Sending"
        HELD = 8, "Held"
        SENT = 9, "Sent"
        CANCELLED = 10, "Cancelled"
        TESTING = 11, "Testing"  # the samples of its variants are out, the rest waits
        OVERDUE = 12, "Missed its time"  # nothing left, and nothing leaves without a person

    class WinnerBy(models.IntegerChoices):
        CLICKS = 1, "Most clicks"
        OPENS = 2, "Most opens"
        HAND = 3, "I choose"

    EDITABLE: ClassVar[tuple[int, ...]] = (
        State.DRAFT,
        State.MODERATION_NEEDED,
        State.CHANGES_REQUESTED,
        State.APPROVED,
        State.SCHEDULED,
        State.OVERDUE,
    )
    # What a decision needs; not in this list: subject, body. Staff see that a campaign waits by
    # app.moderation_queue(), and what it holds once they opened it (sql/fortify.sql; P9.4).
    QUEUE_COLUMNS: ClassVar[tuple[str, ...]] = (
        "id", "site_id", "number", "state", "mailing_id", "submitted_at", "stopped_at",
        "audience_size", "triggers", "claimed_by", "claimed_until", "refused_by",
    )  # fmt: skip

    subject = models.CharField(max_length=200)
    preheader = models.CharField(max_length=200, blank=True)
    sender_name = models.CharField(max_length=120)
    reply_to = models.EmailField("reply to")
    body = models.TextField(blank=True)  # sanitised HTML of the editor
    text = models.TextField("plain text", blank=True)  # "" is derived from the body
    revision = models.PositiveIntegerField(default=0, editable=False)  # counts the edits
    edited_in = models.CharField(max_length=32, blank=True, editable=False)  # the browser tab
    state = models.PositiveSmallIntegerField(choices=State, default=State.DRAFT)
    mailing = SiteForeignKey(Mailing, models.SET_NULL, null=True)
    wanted_at = models.DateTimeField("send at", null=True, blank=True)
    # "": at that moment; a time zone: when that reader's clock shows it, and this is the zone of
    # readers whose own is not known
    fallback_zone = models.CharField(max_length=60, blank=True)
    starts_at = models.DateTimeField(null=True, editable=False)  # the first reader's time
    # a test of variants; 0: there is none (newsletter/operations/testing.py)
    test_share = models.PositiveSmallIntegerField("sample", default=0)  # per cent of the readers
    winner_by = models.PositiveSmallIntegerField(choices=WinnerBy, default=WinnerBy.CLICKS)
    decide_after = models.PositiveSmallIntegerField("hours until the winner is found", default=4)
    decide_at = models.DateTimeField(null=True, editable=False)
    winner = models.PositiveSmallIntegerField(null=True, editable=False)  # the variant's place
    rest = SiteForeignKey(Mailing, models.SET_NULL, null=True, related_name="+")
    written_by = SiteForeignKey(Operator, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(default=timezone.now, editable=False)
    submitted_at = models.DateTimeField(null=True, editable=False)
    decided_at = models.DateTimeField(null=True, editable=False)
    audience_size = models.PositiveBigIntegerField(default=0, editable=False)  # when submitted
    triggers = models.JSONField(default=list, editable=False)  # why staff look: newsletter/triggers
    # for who opens it: what changed since the last approved one, where the audience came from
    background = models.JSONField(default=dict, editable=False)
    stopped_at = models.DateTimeField(null=True, editable=False)  # in flight, for its results
    appeal = models.CharField(max_length=1000, blank=True, editable=False)  # the site's answer
    refused_by = models.BigIntegerField(null=True, editable=False)  # who does not judge the appeal
    claimed_by = models.BigIntegerField(null=True, editable=False)  # the moderator who opened it
    claimed_until = models.DateTimeField(null=True, editable=False)

    objects = SiteManager.from_queryset(CampaignQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="campaign_number_once"),
        ]
        indexes = [models.Index(fields=["site", "state", "submitted_at"], name="campaign_queue")]

    def __str__(self) -> str:
        return f"<Campaign {self.number}>"

    def get_absolute_url(self) -> str:
        return reverse("newsletter:campaign", args=[self.site.slug, self.number])

    @property
    def is_editable(self) -> bool:
        return self.state in self.EDITABLE

    @property
    def is_untouched(self) -> bool:
        return self.state == self.State.DRAFT and not (self.revision or self.subject or self.body)

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.MODERATION_NEEDED

    @property
    def is_stopped(self) -> bool:
        return self.state == self.State.HELD and self.stopped_at is not None

    @property
    def is_missed(self) -> bool:
        """It lay still on its way, because nothing was running: a person says when it goes on."""
        held = {row.held_for for row in self.parts if row.state == Mailing.State.HELD}
        return self.state == self.State.HELD and held == {Mailing.HeldFor.MISSED}

    @property
    def waiting_since(self) -> datetime | None:
        return self.stopped_at if self.is_stopped else self.submitted_at

    @property
    def is_test(self) -> bool:
        return self.test_share > 0

    @property
    def parts(self) -> list[Mailing]:
        """What leaves of it: its mailing; of a test the samples in order, then the rest."""
        if not self.is_test:
            return [self.mailing] if self.mailing else []
        samples = [row.mailing for row in self.in_order if row.mailing]
        return [*samples, self.rest] if self.rest else samples

    @property
    def in_order(self) -> list["Variant"]:
        return sorted(self.variants.all(), key=lambda row: row.place)

    @property
    def numbers(self) -> Numbers:
        return Numbers.of(self.parts)

    @property
    def has_left(self) -> bool:
        """Whether some of it went out, so that there is something to report."""
        return bool(self.numbers.total and self.numbers.started_at)

    @property
    def readable_subject(self) -> str:
        """The subject as a reader of whom nothing is known gets it."""
        return merged(self.subject, {}, "subject")

    @cached_property
    def chosen_lists(self) -> list[NewsletterList]:
        """The lists that it goes to and that are still kept; asked for once."""
        chosen = self.audiences.values("list")
        return list(NewsletterList.objects.kept().filter(pk__in=chosen).order_by("name", "number"))

    @property
    def kind(self) -> int:
        """Which choice of its readers it obeys: the one of its lists, all of one kind."""
        return self.chosen_lists[0].kind if self.chosen_lists else Kind.MARKETING

    @property
    def list_ids(self) -> list[int]:
        return list(self.audiences.order_by("list").values_list("list_id", flat=True))


class Variant(SiteOwned):
    """A campaign in other words, tried on a part of its readers; "" is as in the first.

    The first, A, has a row too, for its sample: its own words stay empty.
    """

    MOST: ClassVar[int] = 4

    campaign = SiteForeignKey(Campaign, models.CASCADE, related_name="variants")
    place = models.PositiveSmallIntegerField()  # 0 is A
    subject = models.CharField(max_length=200, blank=True)
    preheader = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    mailing = SiteForeignKey(Mailing, models.SET_NULL, null=True)  # its sample

    objects = SiteManager["Variant"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "campaign", "place"], name="variant_once")
        ]

    def __str__(self) -> str:
        return f"<Variant {self.pk}>"

    @property
    def letter(self) -> str:
        return "ABCD"[self.place]


class Audience(SiteOwned):
    """A list that a campaign goes to; a contact on several gets it once."""

    campaign = SiteForeignKey(Campaign, models.CASCADE, related_name="audiences")
    list = SiteForeignKey(NewsletterList, models.CASCADE)

    objects = SiteManager["Audience"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "campaign", "list"], name="audience_once")
        ]

    def __str__(self) -> str:
        return f"<Audience {self.pk}>"


class Decision(SiteOwned):
    """What a moderator decided on exactly this content (P9.4)."""

    class Verdict(models.IntegerChoices):
        APPROVED = 1, "Approved"
        CHANGES_REQUESTED = 2, "Changes requested"
        REJECTED = 3, "Rejected"
        PASSED = 4, "Passed: the site is trusted"

    campaign = SiteForeignKey(Campaign, models.CASCADE)
    content_hash = models.BinaryField()
    verdict = models.PositiveSmallIntegerField(choices=Verdict)
    reasons = models.JSONField(default=list)  # keys of newsletter/reasons.py
    note = models.CharField(max_length=1000, blank=True)
    staff_id = models.BigIntegerField(null=True)
    waited = models.PositiveIntegerField(null=True)  # seconds in the queue
    is_appeal = models.BooleanField(default=False)
    is_reversal = models.BooleanField(default=False)  # of another moderator's, on appeal
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["Decision"]()

    class Meta:
        verbose_name = "moderation decision"
        indexes = [models.Index(fields=["site", "campaign", "-at"], name="decision_campaign")]

    def __str__(self) -> str:
        return f"<Decision {self.pk}>"


class Departure(SiteOwned):
    """Somebody unsubscribed: when, how, after which mailing."""

    class How(models.IntegerChoices):
        ONE_CLICK = 1, "One click in the mail program"
        LINK = 2, "Link in the mail"
        PREFERENCES = 3, "Preference page"
        REPLY = 4, "Reply or mail"
        OPERATOR = 5, "By an operator"
        COMPLAINT = 6, "Reported as spam"

    contact = SiteForeignKey(Contact, models.CASCADE)
    mailing = SiteForeignKey(Mailing, models.SET_NULL, null=True)
    how = models.PositiveSmallIntegerField(choices=How)
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["Departure"]()

    class Meta:
        verbose_name = "unsubscription"
        indexes = [models.Index(fields=["site", "mailing", "at"], name="departure_mailing")]

    def __str__(self) -> str:
        return f"<Departure {self.pk}>"
