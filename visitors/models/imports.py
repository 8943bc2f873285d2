"""CSV files on their way into the contacts, and the rows that could not become one."""

from pathlib import Path
from typing import Self

from django.db import models
from django.urls import reverse
from django.utils import timezone

from comm100.core.storage import kept_file
from comm100.core.tenancy import Numbered, SiteForeignKey, SiteManager, SiteOwned
from operators.models import Operator
from visitors.models.contact import Consent


class ImportQuerySet(models.QuerySet["Import"]):
    def for_list(self) -> Self:
        return self.select_related("started_by__user").order_by("-id")


class Import(Numbered):
    """One CSV on its way into the contacts: uploaded, mapped, running, done."""

    class State(models.IntegerChoices):
        UPLOADED = 1, "Waiting for columns"
        RUNNING = 2, "Running"
        DONE = 3, "Done"
        CANCELLED = 4, "Cancelled"
        FAILED = 5, "Failed"

    file_name = models.CharField(max_length=200)
    stored_as = models.CharField(max_length=200, editable=False)  # below MEDIA_ROOT, random
    size = models.PositiveBigIntegerField(default=0)  # bytes
    dialect = models.JSONField(default=dict)  # encoding, delimiter, quote, header
    mapping = models.JSONField(default=dict)  # column index (text) → "email", "name", "field:key"
    header = models.JSONField(default=list)  # the names of the columns, as in the file
    destinations = models.JSONField(default=dict)  # name of a destination → its choice
    consent = models.PositiveSmallIntegerField(choices=Consent, default=Consent.NONE)
    consent_note = models.CharField("origin of consent", max_length=300, blank=True)
    state = models.PositiveSmallIntegerField(choices=State, default=State.UPLOADED)
    problem = models.CharField(max_length=300, blank=True)
    offset = models.PositiveBigIntegerField(default=0)  # bytes done: the committed watermark
    lines = models.PositiveBigIntegerField(default=0)  # physical lines done, with `offset`
    total_lines = models.PositiveBigIntegerField(default=0)
    created = models.PositiveBigIntegerField(default=0)
    updated = models.PositiveBigIntegerField(default=0)
    unchanged = models.PositiveBigIntegerField(default=0)  # known before, nothing new
    duplicates = models.PositiveBigIntegerField(default=0)  # address stood earlier in the file
    refused = models.PositiveBigIntegerField(default=0)
    lease_token = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row, without a step forward
    started_by = SiteForeignKey(Operator, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)

    objects = SiteManager.from_queryset(ImportQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="import_number_once"),
        ]
        indexes = [
            models.Index(fields=["site", "id"], condition=models.Q(state=2), name="import_running"),
        ]

    def __str__(self) -> str:
        return f"<Import {self.number}>"

    def get_absolute_url(self) -> str:
        return reverse("visitors:import", args=[self.site.slug, self.number])

    @property
    def path(self) -> Path:
        return kept_file(self.stored_as)

    @property
    def rows(self) -> int:
        """Rows with a fate; blank lines and the header have none."""
        return self.created + self.updated + self.unchanged + self.duplicates + self.refused

    @property
    def percent(self) -> int:
        return int(100 * self.offset / self.size) if self.size else 0

    @property
    def is_over(self) -> bool:
        return self.state in {self.State.DONE, self.State.CANCELLED, self.State.FAILED}

    @property
    def seconds(self) -> float:
        """How long it has been running; 0 before the start."""
        if self.started_at is None:
            return 0.0
        return ((self.finished_at or timezone.now()) - self.started_at).total_seconds()

    @property
    def seconds_left(self) -> int:
        """By bytes; 0 where nothing can be said."""
        if not self.offset or self.seconds <= 0:
            return 0
        return int(self.seconds * (self.size - self.offset) / self.offset)

    @property
    def minutes_left(self) -> int:
        return round(self.seconds_left / 60)

    @property
    def rows_per_second(self) -> int:
        return int(self.rows / self.seconds) if self.seconds > 0 else 0


class RefusedRow(SiteOwned):
    """A row of an import that could not become a contact, as it stood, with the reason."""

    run = SiteForeignKey(Import, models.CASCADE)
    line = models.PositiveBigIntegerField()
    row = models.JSONField()  # list of cells
    reason = models.CharField(max_length=120)

    objects = SiteManager["RefusedRow"]()

    class Meta:
        indexes = [models.Index(fields=["site", "run", "line"], name="refused_row_line")]

    def __str__(self) -> str:
        return f"<RefusedRow {self.line}>"
