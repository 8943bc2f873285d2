"""The people a site knows, what is known of them, and how they came."""

from pathlib import Path
from typing import Self

from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone

from comm100.core.addresses import address_hash, normalise_email
from comm100.core.storage import kept_file
from comm100.core.tenancy import Numbered, SiteForeignKey, SiteManager, SiteOwned
from operators.models import Operator


class Source(models.IntegerChoices):
    """How a contact came to the site."""

    IMPORT = 1, "Import"
    SUBSCRIPTION = 2, "Subscription form"
    OPERATOR = 3, "Added by an operator"
    CONTACT_FORM = 4, "Contact form"
    DEMO = 5, "Demo data"


class Consent(models.IntegerChoices):
    """On what ground marketing mail may go to a contact."""

    NONE = 0, "None"
    DECLARED = 1, "Declared by the site"
    CONFIRMED = 2, "Confirmed by double opt-in"


SEARCH_MOST = 500


def _ids(function: str, *arguments: str | int) -> list[int]:
    """Ids from a definer function of sql/fortify.sql: no index serves LIKE under the wall."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}", arguments)
        (ids,) = cursor.fetchone()
    return list(ids)


class ContactQuerySet(models.QuerySet["Contact"]):
    def for_list(self) -> Self:
        return self.defer("email_hash").order_by("-number")

    def found(self, query: str) -> Self:
        """Who has words that begin like those of `query`; SEARCH_MOST of them when it is common."""
        return self.filter(pk__in=_ids("app.search_contacts(%s, %s)", query, SEARCH_MOST))

    def with_value(self, field: str, value: str) -> Self:
        """The newest SEARCH_MOST with exactly this value in a custom field."""
        return self.filter(
            pk__in=_ids("app.contacts_with_field(%s, %s, %s)", field, value, SEARCH_MOST)
        )

    def with_consent(self) -> Self:
        return self.exclude(consent=Consent.NONE)


class Contact(Numbered):
    """A person a site knows: one row for one normalised address (P1.2)."""

    checked_by_statement = True

    email = models.EmailField("e-mail", max_length=254)
    email_norm = models.CharField(max_length=254, editable=False, db_collation="C")
    email_hash = models.BinaryField(editable=False)
    name = models.CharField(max_length=200, blank=True)
    # IANA; "": the one of the site
    time_zone = models.CharField(max_length=60, blank=True, default="", db_default="")
    fields = models.JSONField("custom fields", default=dict, blank=True)
    source = models.PositiveSmallIntegerField(choices=Source)
    consent = models.PositiveSmallIntegerField(choices=Consent, default=Consent.NONE)
    consent_note = models.CharField(max_length=300, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    imported_by = SiteForeignKey("visitors.Import", models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SiteManager.from_queryset(ContactQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "email_norm"], name="contact_email_once"),
            models.UniqueConstraint(fields=["site", "number"], name="contact_number_once"),
        ]
        indexes = [
            models.Index(fields=["site", "source", "number"], name="contact_source"),
            models.Index(fields=["site", "consent", "number"], name="contact_consent"),
            # read by app.contacts_with_field; what app.search_contacts reads is made in
            # sql/fortify.sql, too
            GinIndex(
                fields=["site", "fields"],
                opclasses=["int8_ops", "jsonb_path_ops"],
                name="contact_fields",
            ),
        ]

    def __str__(self) -> str:
        return f"<Contact {self.number}>"

    def get_absolute_url(self) -> str:
        return reverse("visitors:contact", args=[self.site.slug, self.number])

    @property
    def actor_name(self) -> str:
        return f"contact:{self.pk}"

    @property
    def label(self) -> str:
        return self.name or self.email

    def set_email(self, address: str) -> None:
        self.email = address.strip()
        self.email_norm = normalise_email(address)
        self.email_hash = address_hash(self.email_norm)


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


class ContactEvent(SiteOwned):
    """One line of a contact's timeline: what happened, told by the app where it happened."""

    contact = SiteForeignKey(Contact, models.CASCADE)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)

    objects = SiteManager["ContactEvent"]()

    class Meta:
        indexes = [models.Index(fields=["site", "contact", "-at"], name="contact_event_time")]

    def __str__(self) -> str:
        return f"<ContactEvent {self.kind}>"


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
