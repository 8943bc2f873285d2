"""Mails that came back, until somebody knows what they mean."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import POST_WORKS, Opening, SiteForeignKey, SiteManager, SiteOwned
from mail.models.outbox import Outbox


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
