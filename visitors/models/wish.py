"""What a contact, or an operator for them, wishes of their data: a copy, and that it goes."""

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import Numbered, SiteForeignKey, SiteManager, SiteOwned
from privacy.models import CopyWish, ErasureWish
from visitors.models.contact import Contact


class ContactCopyQuerySet(models.QuerySet["ContactCopy"]):
    def kept(self) -> Self:
        return self.filter(expires_at__gt=timezone.now()).order_by("-number")


class ContactCopy(Numbered, CopyWish):
    """A copy of all that a site holds of one contact."""

    hidden_from_staff: ClassVar[tuple[str, ...]] = ("stored_as",)

    contact = SiteForeignKey(Contact, models.CASCADE)
    asked_by = models.CharField(max_length=60)  # contact:12, operator:3

    objects = SiteManager.from_queryset(ContactCopyQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="contact_copy_number_once"),
        ]
        indexes = [
            models.Index(fields=["site", "contact"], name="contact_copy_contact"),
            models.Index(fields=["site", "expires_at"], name="contact_copy_over"),
        ]

    def __str__(self) -> str:
        return f"<ContactCopy {self.number}>"

    @property
    def is_for_the_contact(self) -> bool:
        """They asked themselves, and get it by letter."""
        return self.asked_by.startswith("contact:")


class ContactErasure(SiteOwned, ErasureWish):
    """A contact is being erased; names them by number, because it outlives them by a moment."""

    contact_id = models.BigIntegerField()
    asked_by = models.CharField(max_length=60)
    tell = models.BooleanField(default=True)  # by one last letter

    objects = SiteManager["ContactErasure"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "contact_id"], name="contact_erasure_once")
        ]

    def __str__(self) -> str:
        return f"<ContactErasure {self.pk}>"
