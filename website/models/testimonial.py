"""What customers say of the company in public, with their name and title (P5.5, P5.6).

Published means: there is a consent to exactly these words, and it was not withdrawn. The database
keeps that by a CHECK and a foreign key over (consent, testimonial, fingerprint, holds), see
sql/fortify.sql: words that change, or a consent that is withdrawn, cannot stay published.
"""

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass

SEPARATOR = "\x1f"
FINGERPRINTED = ("kind", "headline", "name", "title", "organisation", "words")


class Fingerprint(models.Func):
    """SHA-256 of a text, in hex; a backslash would be read as an escape by the cast."""

    template = r"encode(sha256(replace(%(expressions)s, '\', '\\')::bytea), 'hex')"


def _everything_shown() -> Fingerprint:
    parts: list[models.expressions.Combinable] = []
    for name in FINGERPRINTED:
        parts += [Cast(F(name), models.TextField()), Value(SEPARATOR)]
    return Fingerprint(Concat(*parts, output_field=models.TextField()))


class TestimonialQuerySet(models.QuerySet["Testimonial"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False).order_by("-published_at")

    def for_list(self) -> Self:
        return self.select_related("consent").order_by("-id")


class Testimonial(models.Model):
    """What one customer says, written by staff or by the customer, shown after the consent."""

    data_class: ClassVar[DataClass] = "account_data"

    class Kind(models.IntegerChoices):
        TESTIMONIAL = 1, "Testimonial"
        CASE_STUDY = 2, "Case study"

    kind = models.PositiveSmallIntegerField(choices=Kind, default=Kind.TESTIMONIAL)
    headline = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=120)
    title = models.CharField(max_length=120)
    organisation = models.CharField(max_length=120, blank=True)
    words = models.TextField(max_length=6000)
    email = models.EmailField("e-mail", max_length=254)  # where we ask; never shown
    fingerprint = models.GeneratedField(
        expression=_everything_shown(),
        output_field=models.CharField(max_length=64),
        db_persist=True,
    )
    consent = models.ForeignKey(
        "website.TestimonialConsent", models.PROTECT, null=True, related_name="+"
    )
    consent_holds = models.BooleanField(default=True, editable=False)  # part of the foreign key
    published_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    written_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = TestimonialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(consent__isnull=False),
                name="published_with_consent",
            ),
            models.CheckConstraint(condition=Q(consent_holds=True), name="consent_must_hold"),
        ]

    def __str__(self) -> str:
        return f"<Testimonial {self.pk}>"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    @property
    def state(self) -> str:
        if self.is_published:
            return "published"
        if self.consent_id:
            return "agreed"
        return "asked" if self.asked_at else "draft"


class TestimonialConsent(models.Model):
    """The customer's word on exactly the text of that fingerprint."""

    data_class: ClassVar[DataClass] = "account_data"

    testimonial = models.ForeignKey(Testimonial, models.CASCADE, related_name="consents")
    fingerprint = models.CharField(max_length=64)
    policy_version = models.CharField(max_length=20)
    given_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True)
    holds = models.GeneratedField(
        expression=models.ExpressionWrapper(Q(withdrawn_at=None), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["id", "testimonial", "fingerprint", "holds"], name="consent_to_these_words"
            )
        ]

    def __str__(self) -> str:
        return f"<TestimonialConsent {self.pk}>"
