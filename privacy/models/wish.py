"""What a person may wish of their own data: a copy of it, and that it goes (docs/personal-data.md).

The abstract halves here are shared with contacts of sites (visitors/models/wish.py).
"""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass

KEPT = timedelta(days=7)  # how long a copy can be fetched
LETTER_WAITS = timedelta(days=1)  # for a mail server; then the erasure ends without it


def copy_ends_at() -> datetime:
    return timezone.now() + KEPT


class CopyWish(models.Model):
    """One copy: wished, made by a task, kept for a week."""

    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    made_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(default=copy_ends_at, editable=False)
    stored_as = models.CharField(max_length=200, blank=True, editable=False)  # below MEDIA_ROOT
    size = models.PositiveBigIntegerField(default=0, editable=False)  # bytes

    class Meta:
        abstract = True

    @property
    def is_ready(self) -> bool:
        return bool(self.stored_as) and self.expires_at > timezone.now()


class ErasureWish(models.Model):
    """An erasure on its way; the row goes with its last step, the journal keeps that it was."""

    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)  # the last letter
    lease_until = models.DateTimeField(null=True, editable=False)
    rows = models.PositiveBigIntegerField(default=0, editable=False)  # that are gone so far

    class Meta:
        abstract = True

    @property
    def waits_for_letter(self) -> bool:
        return self.told_at is None and timezone.now() < self.asked_at + LETTER_WAITS


class AccountCopyQuerySet(models.QuerySet["AccountCopy"]):
    def kept(self) -> Self:
        return self.filter(expires_at__gt=timezone.now()).order_by("-pk")


class AccountCopy(CopyWish):
    """A copy of all that is held of a person with an account."""

    data_class: ClassVar[DataClass] = "account_data"

    user = models.ForeignKey(User, models.CASCADE, related_name="+")

    objects = AccountCopyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"<AccountCopy {self.pk}>"


class AccountErasure(ErasureWish):
    """A person closed their account; nobody can sign in with it from that moment."""

    data_class: ClassVar[DataClass] = "account_data"

    user = models.OneToOneField(User, models.CASCADE, related_name="+")

    def __str__(self) -> str:
        return f"<AccountErasure {self.pk}>"
