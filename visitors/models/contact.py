"""The people a site knows, what is known of them, and how they came."""

from typing import Self

from django.db import connection, models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from comm100.core.addresses import address_hash, normalise_email
from comm100.core.tenancy import Numbered, SiteForeignKey, SiteManager, SiteOwned


class Source(models.IntegerChoices):
    """How a contact came to the site."""

    IMPORT = 1, "Import"
    SUBSCRIPTION = 2, "Subscription form"
    OPERATOR = 3, "Added by an operator"
    CONTACT_FORM = 4, "Contact form"
    DEMO = 5, "Demo data"
    ACCOUNT = 6, "Opened an account"


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
            # Not what imports make by the million: where nearly all are like that, the newest are
            # found by their numbers, and these two would be a tenth of an import's work.
            models.Index(
                fields=["site", "source", "number"],
                condition=~Q(source=Source.IMPORT),
                name="contact_source",
            ),
            models.Index(
                fields=["site", "consent", "number"],
                condition=~Q(consent=Consent.DECLARED),
                name="contact_consent",
            ),
            # what app.search_contacts and app.contacts_with_field read is made in sql/fortify.sql
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


class ContactEvent(SiteOwned):
    """One line of a contact's timeline: what happened, told by the app where it happened."""

    contact = SiteForeignKey(Contact, models.CASCADE)
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=40)
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)

    objects = SiteManager["ContactEvent"]()

    class Meta:
        verbose_name = "history entry"
        verbose_name_plural = "history entries"
        indexes = [models.Index(fields=["site", "contact", "-at"], name="contact_event_time")]

    def __str__(self) -> str:
        return f"<ContactEvent {self.kind}>"
