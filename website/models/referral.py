"""Who never wants to be invited by a friend: all that "refer a friend" ever writes (P5.4)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import DataClass


class NeverInvite(models.Model):
    """An address that gets no invitation: a keyed hash, made by the person's own click."""

    data_class: ClassVar[DataClass] = "platform"

    address_hash = models.BinaryField(unique=True)
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"<NeverInvite {self.pk}>"
