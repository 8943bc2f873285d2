"""A maintenance notice: what staff write to users about the running of the service (P3.2)."""

from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.tenancy import DataClass


class NoticeQuerySet(models.QuerySet["Notice"]):
    def for_list(self) -> Self:
        return self.select_related("only_site", "confirmed_by", "stopped_by").order_by("-id")

    def on_its_way(self) -> Self:
        """Until it is known what became of each letter; stopped ones, too."""
        return self.exclude(state=Notice.State.DRAFT).filter(finished_at=None)


class Notice(models.Model):
    """Plain text, to users with a site, in the transactional lane: nobody can opt out of it.

    The outbox takes each user once, by a key (website/notifying.py); `watermark` is the last of
    them, so that a crash costs nothing.
    """

    class Audience(models.IntegerChoices):
        ALL = 1, "Everybody who works on a site"
        OWNERS = 2, "Owners of sites"
        SITE = 3, "Everybody at one site"

    class State(models.IntegerChoices):
        DRAFT = 1, "Draft"
        SENDING = 2, "On its way"
        SENT = 3, "Sent"
        STOPPED = 4, "Stopped"

    data_class: ClassVar[DataClass] = "platform"

    subject = models.CharField(max_length=150)
    text = models.TextField(max_length=5000)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    time_zone = models.CharField(max_length=60, default="UTC")
    audience = models.PositiveSmallIntegerField(choices=Audience, default=Audience.ALL)
    # not `site`: a notice is the company's own, no site's (the wall goes by that name)
    only_site = models.ForeignKey(Site, models.SET_NULL, null=True, related_name="+")
    state = models.PositiveSmallIntegerField(choices=State, default=State.DRAFT)
    revision = models.PositiveIntegerField(default=1)  # counts the edits: what was previewed
    written_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    confirmed_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    stopped_at = models.DateTimeField(null=True)
    filled_at = models.DateTimeField(null=True)  # everybody has a row in the outbox
    finished_at = models.DateTimeField(null=True)  # it is known what became of each
    total = models.PositiveIntegerField(default=0)  # when it was confirmed
    queued = models.PositiveIntegerField(default=0)
    watermark = models.BigIntegerField(default=0)
    # the end of the story: the outbox forgets single letters after a while
    sent = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(ends_at__gt=models.F("starts_at")), name="notice_window"
            )
        ]

    def __str__(self) -> str:
        return f"<Notice {self.pk}>"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT

    @property
    def is_sending(self) -> bool:
        return self.state == self.State.SENDING

    @property
    def is_stopped(self) -> bool:
        return self.state == self.State.STOPPED

    @property
    def people(self) -> int:
        """Whom it was to reach: those who were counted, or of whom the outbox knows."""
        return self.queued if self.filled_at else max(self.total, self.queued)

    @property
    def circular(self) -> str:
        """By this name the outbox knows its letters."""
        return f"notice:{self.pk}"

    @property
    def window(self) -> str:
        """`3 December 2026, 22:00 to 23:30 (Europe/Berlin)`."""
        return f"{self._window(ZoneInfo(self.time_zone))} ({self.time_zone})"

    @property
    def window_in_utc(self) -> str:
        return self._window(ZoneInfo("UTC"))

    def _window(self, zone: ZoneInfo) -> str:
        start, end = self.starts_at.astimezone(zone), self.ends_at.astimezone(zone)
        until = f"{end:%H:%M}" if start.date() == end.date() else _moment(end)
        return f"{_moment(start)} to {until}"


def _moment(moment: object) -> str:
    return f"{moment:%-d %B %Y, %H:%M}"
