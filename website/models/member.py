"""That a user is known to the company's own site, as a contact like any other."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass


class Introduction(models.Model):
    """Once for each account: whoever has their contact erased later is not made one again."""

    data_class: ClassVar[DataClass] = "account_data"

    user = models.OneToOneField(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"<Introduction {self.pk}>"
