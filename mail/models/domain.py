"""Domains of their own that sites send from, and the keys that sign for them."""

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone

from comm100.core.tenancy import (
    POST_WORKS,
    Numbered,
    Opening,
    SiteForeignKey,
    SiteManager,
    SiteOwned,
)
from mail.models.outbox import Lane

CHECKING = timedelta(seconds=60)  # a check that took longer is lost


class SendingDomainQuerySet(models.QuerySet["SendingDomain"]):
    def verified(self) -> Self:
        return self.filter(state=SendingDomain.State.VERIFIED)

    def for_list(self) -> Self:
        return self.prefetch_related("keys").order_by("name")


class SendingDomain(Numbered):
    """A domain that a site wants to send from; its name is in lower case and IDNA.

    Sites prove a domain by a token in its DNS. Two sites may name the same domain; a proof counts
    only where no other stands beside it, so whoever rules the DNS decides whose it is.
    """

    class State(models.IntegerChoices):
        WAITING = 1, "Waiting for records"
        VERIFIED = 2, "Verified"
        BROKEN = 3, "Records are gone"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    name = models.CharField("domain", max_length=253)
    proof = models.CharField(max_length=40, editable=False)
    state = models.PositiveSmallIntegerField(choices=State, default=State.WAITING)
    sender = models.CharField("sender", max_length=64, default="news")  # before the @
    is_used = models.BooleanField(default=False)  # campaigns leave from here while it is verified
    own_return_path = models.BooleanField(default=True)  # bounces go to bounce.<name>
    findings = models.JSONField(default=list)  # [{"record", "state", "found"}], mail/records.py
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    checking_since = models.DateTimeField(null=True)
    checked_at = models.DateTimeField(null=True)
    verified_at = models.DateTimeField(null=True)
    broken_since = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(SendingDomainQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], name="sending_domain_once"),
            models.UniqueConstraint(fields=["site", "number"], name="sending_domain_number_once"),
            models.UniqueConstraint(
                fields=["site"], condition=models.Q(is_used=True), name="sending_domain_one_used"
            ),
        ]

    def __str__(self) -> str:
        return f"<SendingDomain {self.pk}>"

    def get_absolute_url(self) -> str:
        return reverse("post:domain", args=[self.site.slug, self.number])

    @property
    def is_verified(self) -> bool:
        return self.state == self.State.VERIFIED

    @property
    def is_being_checked(self) -> bool:
        return bool(self.checking_since and timezone.now() - self.checking_since < CHECKING)

    @property
    def is_of_company(self) -> bool:
        """The host that everybody's mail leaves from: it is not added and not removed."""
        return self.number == 0

    @property
    def sender_address(self) -> str:
        return f"{self.sender}@{self.name}"

    @property
    def return_host(self) -> str:
        """Where bounces of its mails go."""
        usual: str = settings.MAIL_HOST
        return usual if self.is_of_company or not self.own_return_path else f"bounce.{self.name}"


class DkimKeyQuerySet(models.QuerySet["DkimKey"]):
    def published(self) -> Self:
        """Those whose record belongs into the DNS."""
        return self.exclude(state=DkimKey.State.RETIRED)


class DkimKey(SiteOwned):
    """One key of a domain. A new one signs when its record is seen; then the old one retires.

    `private` is sealed (mail/keys.py). Selectors name the site, so that two sites can prepare the
    same domain.
    """

    class State(models.IntegerChoices):
        NEW = 1, "Waiting for its record"
        ACTIVE = 2, "Signs"
        RETIRED = 3, "Retired"

    class Algorithm(models.IntegerChoices):
        RSA = 1, "rsa"
        ED25519 = 2, "ed25519"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    hidden_from_staff: ClassVar[tuple[str, ...]] = ("private",)

    domain = SiteForeignKey(SendingDomain, models.CASCADE, related_name="keys")
    lane = models.PositiveSmallIntegerField(choices=Lane, null=True)  # NULL: both
    algorithm = models.PositiveSmallIntegerField(choices=Algorithm, default=Algorithm.RSA)
    selector = models.CharField(max_length=63)
    private = models.BinaryField()
    public = models.TextField()  # base64, as in p=
    state = models.PositiveSmallIntegerField(choices=State, default=State.NEW)
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    objects = SiteManager.from_queryset(DkimKeyQuerySet)()

    class Meta:
        verbose_name = "signing key"
        constraints = [
            models.UniqueConstraint(fields=["site", "domain", "selector"], name="dkim_key_once")
        ]

    def __str__(self) -> str:
        return f"<DkimKey {self.pk}>"

    @property
    def record_name(self) -> str:
        return f"{self.selector}._domainkey.{self.domain.name}"

    @property
    def record(self) -> str:
        return f"v=DKIM1; k={self.get_algorithm_display()}; p={self.public}"

    def facts(self) -> dict[str, Any]:
        """For the journal: the public part names the key."""
        return {"selector": self.selector, "algorithm": self.get_algorithm_display()}
