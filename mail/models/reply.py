"""What people wrote back to a mailing."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from comm100.core.tenancy import Numbered, SiteForeignKey, SiteManager
from mail.models.mailing import Mailing
from operators.models import Operator
from visitors.models import Contact


class ReplyQuerySet(models.QuerySet["Reply"]):
    def for_list(self) -> Self:
        rows = self.select_related("contact").defer("whole_text")
        return rows.defer("contact__fields")

    def undecided(self) -> Self:
        return self.filter(state=Reply.State.UNDECIDED)


class Reply(Numbered):
    """A mail of a person about a mailing; the text only, attachments by name."""

    class State(models.IntegerChoices):
        UNDECIDED = 1, "Wants to leave?"
        NEW = 2, "New"
        DONE = 3, "Done"
        UNSUBSCRIBED = 4, "Unsubscribed"

    mailing = SiteForeignKey(Mailing, models.CASCADE, null=True)
    contact = SiteForeignKey(Contact, models.SET_NULL, null=True)
    digest = models.BinaryField()  # of the Message-ID: the same mail twice is one reply
    sender = models.CharField(max_length=320)
    sender_name = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=300, blank=True)
    new_text = models.TextField(blank=True)  # without quote and signature
    whole_text = models.TextField(blank=True)
    attachments = models.JSONField(default=list)  # names
    state = models.PositiveSmallIntegerField(choices=State, default=State.NEW)
    forwarded_to = models.CharField(max_length=320, blank=True)
    at = models.DateTimeField(default=timezone.now)
    decided_by = SiteForeignKey(Operator, models.SET_NULL, null=True)
    decided_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(ReplyQuerySet)()

    class Meta:
        verbose_name_plural = "replies"
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="reply_number_once"),
            models.UniqueConstraint(fields=["site", "digest"], name="reply_once"),
        ]
        indexes = [
            models.Index(fields=["site", "state", "number"], name="reply_state"),
            models.Index(fields=["site", "mailing", "number"], name="reply_mailing"),
            models.Index(fields=["site", "contact"], name="reply_contact"),
            models.Index(fields=["site", "at"], name="reply_age"),
        ]

    def __str__(self) -> str:
        return f"<Reply {self.number}>"

    def get_absolute_url(self) -> str:
        return reverse("post:reply", args=[self.site.slug, self.number])

    @property
    def from_whom(self) -> str:
        return self.sender_name or self.sender

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.UNDECIDED, self.State.NEW}
