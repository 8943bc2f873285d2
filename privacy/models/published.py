"""The texts that people accept, as they were published."""

from datetime import date, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass

NOTICE = timedelta(days=14)  # between telling people and the day from which a text applies


class PublishedTextQuerySet(models.QuerySet["PublishedText"]):
    def of(self, name: str) -> Self:
        """Every version, newest first."""
        return self.filter(name=name).order_by("-since")

    def current(self, name: str) -> "PublishedText":
        """The one that applies today."""
        return self.of(name).filter(since__lte=timezone.localdate()).latest("since")

    def upcoming(self) -> Self:
        """What is published and applies later; oldest first."""
        return self.filter(since__gt=timezone.localdate()).order_by("since")


class PublishedText(models.Model):
    """One version of the policy or the agreement: never edited, by nobody (P11.1).

    The database refuses UPDATE, DELETE and TRUNCATE (privacy/sql/fortify.sql); `digest` is the
    SHA-256 of `source`, computed there.
    """

    class Name(models.TextChoices):
        POLICY = "policy", "Privacy policy"
        AGREEMENT = "agreement", "Service agreement"

    data_class: ClassVar[DataClass] = "platform"

    name = models.CharField(max_length=20, choices=Name)
    since = models.DateField()  # the day from which it applies, which is its version
    source = models.TextField()  # a template: it names the company of the settings
    digest = models.CharField(max_length=64)
    published_at = models.DateTimeField(default=timezone.now)

    objects = PublishedTextQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "since"], name="published_once")]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def version(self) -> str:
        """`2026-11-23`: what registrations and consents name."""
        return self.since.isoformat()

    @property
    def applies(self) -> bool:
        return self.since <= timezone.localdate()

    @property
    def told_from(self) -> date:
        return self.since - NOTICE


class Told(models.Model):
    """That a user was written to about a text before it applies; once each (P11.2)."""

    data_class: ClassVar[DataClass] = "account_data"

    text = models.ForeignKey(PublishedText, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "user"], name="told_once")]

    def __str__(self) -> str:
        return f"<Told {self.pk}>"
