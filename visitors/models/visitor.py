"""Who looks at a site's web pages: navigational information, and when it may get a name.

The columns are the facts of P2.4 and no others: browser type and language, IP address, pages
viewed, links clicked, times, and a random id. Nobody is here who did not agree to it.
"""

import time
from secrets import randbits
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import SiteForeignKey, SiteManager, SiteOwned
from visitors.models.contact import Contact

KEY_BYTES = 16
PAGE_LENGTH = 200


def event_id() -> int:
    """63 bits, unique and in the order of time, as the buffer makes them of its entries."""
    return (time.time_ns() // 1_000_000) << 20 | randbits(20)


class Identification(SiteOwned):
    """The proof that a visitor said who they are: one of three events, no other (P4.4)."""

    class How(models.IntegerChoices):
        PROMOTION = 1, "Answered an offer"
        ACCOUNT = 2, "Opened an account"
        FORM = 3, "Filled in a form"

    contact = SiteForeignKey(Contact, models.CASCADE)
    how = models.PositiveSmallIntegerField(choices=How)
    where = models.CharField(max_length=80)  # which form, offer or account: "contact form"
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["Identification"]()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(how__in=[1, 2, 3]), name="identification_by_three_events"
            )
        ]
        indexes = [models.Index(fields=["site", "contact"], name="identification_contact")]

    def __str__(self) -> str:
        return f"<Identification {self.pk}>"


class VisitorQuerySet(models.QuerySet["Visitor"]):
    def for_list(self) -> Self:
        return self.select_related("contact").order_by("-last_seen", "-id")


class Visitor(SiteOwned):
    """A browser that agreed to be counted; it has no password and never gets one (P2.1).

    `key` is made from the cookie's random bits, differently for each site: it opens no cookie, and
    two sites cannot tell that they had the same visitor.
    """

    hidden_from_staff: ClassVar[tuple[str, ...]] = ("key",)

    key = models.BinaryField(editable=False)
    browser = models.CharField("browser type", max_length=20, blank=True)
    language = models.CharField("browser language", max_length=8, blank=True)
    ip = models.GenericIPAddressField("IP address", null=True)  # shortened after 30 days
    last_page = models.CharField(max_length=PAGE_LENGTH, blank=True)
    first_seen = models.DateTimeField(default=timezone.now)
    last_seen = models.DateTimeField(default=timezone.now)
    # the choice to have all this combined with the contact (P3.5)
    personalise = models.BooleanField(default=False)
    contact = SiteForeignKey(Contact, models.CASCADE, null=True)
    identified_by = SiteForeignKey(Identification, models.CASCADE, null=True)

    objects = SiteManager.from_queryset(VisitorQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "key"], name="visitor_key_once"),
            # besides, the proof is one about the same contact: visitors/sql/fortify.sql
            models.CheckConstraint(
                condition=models.Q(contact=None, identified_by=None)
                | models.Q(contact__isnull=False, identified_by__isnull=False),
                name="visitor_anonymous_without_proof",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "last_seen"], name="visitor_last_seen"),
            models.Index(
                fields=["site", "contact"],
                condition=models.Q(contact__isnull=False),
                name="visitor_contact",
            ),
            models.Index(
                fields=["site", "identified_by"],
                condition=models.Q(identified_by__isnull=False),
                name="visitor_proof",
            ),
        ]

    def __str__(self) -> str:
        return f"<Visitor {self.pk}>"

    @property
    def known_contact(self) -> Contact | None:
        """Who it is, if they chose that it may be combined (P3.5)."""
        return self.contact if self.personalise else None


class Seen(SiteOwned):
    """Something that happened on a web page; without a visitor it only counts."""

    id = models.BigIntegerField(primary_key=True, default=event_id)
    visitor = SiteForeignKey(Visitor, models.CASCADE, null=True)
    at = models.DateTimeField(default=timezone.now)
    page = models.CharField(max_length=PAGE_LENGTH)  # path, host before it when not the site's own

    class Meta:
        abstract = True


class PageView(Seen):
    objects = SiteManager["PageView"]()

    class Meta:
        indexes = [
            models.Index(fields=["site", "at"], name="page_view_time"),
            models.Index(fields=["site", "visitor", "-id"], name="page_view_visitor"),
        ]

    def __str__(self) -> str:
        return f"<PageView {self.pk}>"


class LinkClick(Seen):
    link = models.CharField(max_length=PAGE_LENGTH)  # host and path of where it led

    objects = SiteManager["LinkClick"]()

    class Meta:
        indexes = [
            models.Index(fields=["site", "at"], name="link_click_time"),
            models.Index(fields=["site", "visitor", "-id"], name="link_click_visitor"),
        ]

    def __str__(self) -> str:
        return f"<LinkClick {self.pk}>"


class VisitCount(SiteOwned):
    """How often something happened on a day: what stays when the raw rows go (P3.4)."""

    class What(models.IntegerChoices):
        VIEWS = 1, "Page views"
        VISITORS = 2, "Visitors"
        PAGE = 3, "Pages"
        LINK = 4, "Links"
        BROWSER = 5, "Browsers"
        LANGUAGE = 6, "Languages"

    day = models.DateField()
    what = models.PositiveSmallIntegerField(choices=What)
    name = models.CharField(max_length=PAGE_LENGTH, blank=True)
    count = models.PositiveBigIntegerField(default=0)

    objects = SiteManager["VisitCount"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "day", "what", "name"], name="visit_count_once")
        ]

    def __str__(self) -> str:
        return f"<VisitCount {self.day} {self.what}>"
