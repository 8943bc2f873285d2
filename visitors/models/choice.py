"""What a contact chose, and the receipts that prove it (P7.1)."""

from collections.abc import Iterable
from hashlib import sha256
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from comm100.core.tenancy import POST_READS, Opening, SiteForeignKey, SiteManager, SiteOwned
from visitors.models.contact import Contact


class Kind(models.IntegerChoices):
    """What a person says yes or no to; what it means stands in visitors/choosing.py."""

    MARKETING = 1, "News and offers"
    PRODUCT_NEWS = 2, "What is new in the product"
    PARTNER = 3, "Offers of partners"
    PERSONALISE = 4, "Pages that fit me"


EVERYBODY = 0  # in the place of a contact: all that an import made, which all refer to it
MAIL_KINDS = (Kind.MARKETING, Kind.PRODUCT_NEWS, Kind.PARTNER)


class Choice(SiteOwned):
    """The last word of a contact about one kind; without a row nothing was said.

    Then marketing follows `Contact.consent`, and everything else is a no. The claim of the mail
    workers reads these rows (mail/sql/claim_marketing.sql): a no acts within one batch.
    """

    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)

    contact = SiteForeignKey(Contact, models.CASCADE)
    kind = models.PositiveSmallIntegerField(choices=Kind)
    agreed = models.BooleanField(default=False)
    # a no of their own is lifted by their own yes alone
    by_person = models.BooleanField(default=True)
    at = models.DateTimeField(default=timezone.now)

    objects = SiteManager["Choice"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "contact", "kind"], name="choice_once")
        ]

    def __str__(self) -> str:
        return f"<Choice {self.pk}>"


class WordingQuerySet(models.QuerySet["Wording"]):
    def keep(self, site_id: int, text: str) -> bytes:
        """Keep the words, once; answer the digest that receipts name, b"" for none."""
        if not text:
            return b""
        digest = sha256(text.encode()).digest()
        if not self.filter(digest=digest).exists():
            row = Wording(site_id=site_id, digest=digest, text=text)
            self.bulk_create([row], ignore_conflicts=True)
        return digest

    def named_in(self, receipts: Iterable["Receipt"]) -> dict[bytes, str]:
        """Digest → the words, in one query."""
        digests = {bytes(row.wording_digest) for row in receipts} - {b""}
        rows = self.filter(digest__in=digests).values_list("digest", "text")
        return {bytes(digest): text for digest, text in rows}


class Wording(SiteOwned):
    """Words that somebody agreed to, kept once however often; never edited (visitors/sql)."""

    digest = models.BinaryField()  # SHA-256
    text = models.TextField()

    objects = SiteManager.from_queryset(WordingQuerySet)()

    class Meta:
        verbose_name = "consent text"
        constraints = [models.UniqueConstraint(fields=["site", "digest"], name="wording_once")]

    def __str__(self) -> str:
        return f"<Wording {self.pk}>"


class ReceiptQuerySet(models.QuerySet["Receipt"]):
    def of(self, contact: Contact) -> Self:
        """Newest first, with the one of the import that they came with."""
        own = models.Q(contact_id=contact.pk)
        if contact.imported_by_id:
            own |= models.Q(contact_id=EVERYBODY, about=f"import:{contact.imported_by_id}")
        return self.filter(own).order_by("-id")


class Receipt(SiteOwned):
    """One change of one choice: who, what, from what to what, when, where, to which words.

    Only added to: the database refuses UPDATE, DELETE and TRUNCATE, to its owner too. It holds
    ids and no content, so that it may outlive the contact.
    """

    class Where(models.IntegerChoices):
        PREFERENCES = 1, "Preference page"
        FORM = 2, "Subscription form, confirmed by mail"
        IMPORT = 3, "Import"
        OPERATOR = 4, "An operator"
        REPLY = 5, "Reply or mail"
        LINK = 6, "Link in a mail"
        ONE_CLICK = 7, "Button of the mail program"
        COMPLAINT = 8, "Reported as spam"
        SIGN_UP = 9, "Opening an account"
        ACCOUNT = 10, "Own account, signed in"
        API = 11, "The site's own program"

    class State(models.IntegerChoices):
        UNSAID = 0, "nothing said"
        NO = 1, "no"
        YES = 2, "yes"

    contact_id = models.BigIntegerField()  # EVERYBODY: whom the import in `about` made
    kind = models.PositiveSmallIntegerField(choices=Kind)
    about = models.CharField(max_length=40, blank=True)  # "list:3": the yes was to this list
    before = models.PositiveSmallIntegerField(choices=State)
    after = models.PositiveSmallIntegerField(choices=State)
    at = models.DateTimeField(default=timezone.now)
    by = models.CharField(max_length=60)  # as in the journal: contact:12, operator:3
    where = models.PositiveSmallIntegerField(choices=Where)
    wording_digest = models.BinaryField(default=bytes)  # b"": no words were shown
    policy_version = models.CharField(max_length=20)

    objects = SiteManager.from_queryset(ReceiptQuerySet)()

    class Meta:
        verbose_name = "receipt of a choice"
        verbose_name_plural = "receipts of choices"
        indexes = [models.Index(fields=["site", "contact_id", "-id"], name="receipt_contact")]

    def __str__(self) -> str:
        return f"<Receipt {self.pk}>"
