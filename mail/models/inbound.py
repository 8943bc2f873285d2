"""Mails that came back, until somebody knows what they mean; and the mailboxes we look into."""

from typing import ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from comm100.core.tenancy import (
    POST_WORKS,
    DataClass,
    Opening,
    SiteForeignKey,
    SiteManager,
    SiteOwned,
)
from mail.models.outbox import Outbox


class InboundMailQuerySet(models.QuerySet["InboundMail"]):
    def in_quarantine(self) -> Self:
        return self.filter(state=InboundMail.State.QUARANTINED)

    def for_list(self) -> Self:
        return self.in_quarantine().defer("raw")


class InboundMail(SiteOwned):
    """A mail that came back: kept until it is routed, then gone; broken ones wait for a person.

    One that names no row of ours belongs to the company's site while we look for whose it is. If
    nobody's, it is a stray: counted in the staff admin, shown to nobody.
    """

    class Kind(models.IntegerChoices):
        LEAVE = 1, "To a List-Unsubscribe address"
        BOUNCE = 2, "To an envelope sender"
        REPLY = 3, "To a reply address"
        UNADDRESSED = 4, "To no signed address"
        ROLE = 5, "To postmaster or abuse"

    class State(models.IntegerChoices):
        WAITING = 1, "Waiting"
        QUARANTINED = 2, "In quarantine"
        STRAY = 3, "Nobody’s"

    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)
    post_indexes: ClassVar[frozenset[str]] = frozenset({"inbound_waiting", "inbound_stray"})

    kind = models.PositiveSmallIntegerField(choices=Kind)
    about = SiteForeignKey(Outbox, models.CASCADE, null=True)
    raw = models.BinaryField()
    tries = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)
    state = models.PositiveSmallIntegerField(choices=State, default=State.WAITING)
    # of those in quarantine only
    number = models.PositiveBigIntegerField(null=True, editable=False)
    sender = models.CharField(max_length=320, blank=True, db_default="")
    subject = models.CharField(max_length=300, blank=True, db_default="")
    problem = models.CharField(max_length=200, blank=True, db_default="")

    objects = SiteManager.from_queryset(InboundMailQuerySet)()

    class Meta:
        verbose_name = "mail that came in"
        verbose_name_plural = "mails that came in"
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="inbound_number_once")
        ]
        indexes = [
            models.Index(
                fields=["tries", "id"], condition=models.Q(state=1), name="inbound_waiting"
            ),
            models.Index(fields=["id"], condition=models.Q(state=3), name="inbound_stray"),
            models.Index(fields=["site", "at"], name="inbound_age"),
        ]

    def __str__(self) -> str:
        return f"<InboundMail {self.pk}>"

    def get_absolute_url(self) -> str:
        return reverse("post:quarantined", args=[self.site.slug, self.number])


class Arrival(models.Model):
    """That exactly these bytes came in for this row: a second delivery of them changes nothing."""

    data_class: ClassVar[DataClass] = "platform"
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    digest = models.BinaryField(unique=True)  # keyed; says nothing about the mail
    at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"<Arrival {self.pk}>"


class Mailbox(models.Model):
    """How far we read a mailbox by IMAP; one row for each of COMM100_IMAP_URLS."""

    data_class: ClassVar[DataClass] = "platform"
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    name = models.CharField(max_length=300, unique=True)  # user@host/folder
    validity = models.PositiveBigIntegerField(default=0)  # UIDVALIDITY (RFC 3501)
    last_uid = models.PositiveBigIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)  # "" while it works
    read_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name
