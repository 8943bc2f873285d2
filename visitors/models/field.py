"""The columns of its own that a site keeps of its contacts."""

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import SiteManager, SiteOwned


class CustomField(SiteOwned):
    """A column of its own that a site keeps of its contacts; `key` is its name in merge fields."""

    key = models.SlugField(max_length=40, db_index=False)
    label = models.CharField(max_length=80)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SiteManager["CustomField"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="custom_field_once"),
        ]

    def __str__(self) -> str:
        return self.label
