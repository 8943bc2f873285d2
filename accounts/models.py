"""Account data: who signed up, and the sites they own (P2.1, P2.2, P2.3)."""

from typing import Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from comm100.core.addresses import normalise_email
from comm100.core.tenancy import POST_READS, DataClass, Opening


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **facts: Any) -> "User":
        user = self.model(email=normalise_email(email), **facts)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **facts: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **facts)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=normalise_email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signed up with an e-mail address; an Operator is that person at work."""

    data_class: ClassVar[DataClass] = "account_data"

    email = models.EmailField("e-mail", unique=True)
    name = models.CharField(max_length=120)
    is_staff = models.BooleanField("works for the company", default=False)
    is_active = models.BooleanField("may sign in", default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    policy_version = models.CharField(max_length=20, blank=True, editable=False)
    agreement_version = models.CharField(max_length=20, blank=True, editable=False)
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # said when they signed up; from then on their choices hold (visitors/models/choice.py)
    no_news_at_sign_up = models.BooleanField(default=False, db_default=False, editable=False)
    known_browsers = models.JSONField(default=list, editable=False)  # digests, newest last

    objects = UserManager()
    EMAIL_FIELD = USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.email

    @property
    def actor_name(self) -> str:
        return f"{'staff' if self.is_staff else 'user'}:{self.pk}"

    def get_short_name(self) -> str:
        return self.name.split(" ")[0] if self.name else self.email


class SiteQuerySet(models.QuerySet["Site"]):
    def company(self) -> "Site":
        """The company's own site: the first, seeded by `manage prepare`."""
        return self.get(is_company=True)

    def for_list(self) -> Self:
        return self.order_by("name", "pk")


class Site(models.Model):
    """A customer's tenant: everything a customer hosts belongs to exactly one site."""

    data_class: ClassVar[DataClass] = "account_data"
    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)

    class Standing(models.IntegerChoices):
        """What the newsletter may send: see docs/mail.md, "Moderation"."""

        MODERATION_NEEDED = 1, "Moderation needed"
        TRUSTED = 2, "Trusted"
        SUSPENDED = 3, "Suspended"

    class Employees(models.IntegerChoices):
        FEW = 1, "1–9"
        SOME = 2, "10–49"
        MANY = 3, "50–249"
        MOST = 4, "250 or more"

    slug = models.SlugField(max_length=50, unique=True)
    name = models.CharField(max_length=120)
    web_url = models.URLField("web site URL", max_length=300)
    company_address = models.CharField(max_length=300, null=True, blank=True)  # P2.3
    employees = models.PositiveSmallIntegerField(choices=Employees, null=True, blank=True)
    industry = models.CharField(max_length=80, null=True, blank=True)  # P2.3
    time_zone = models.CharField(max_length=60, default="UTC")
    standing = models.PositiveSmallIntegerField(
        choices=Standing, default=Standing.MODERATION_NEEDED
    )
    track_opens = models.BooleanField(default=False)
    track_clicks = models.BooleanField(default=False)
    support_waits = models.BooleanField("support waits for our click", default=False)
    # of everybody who works there (docs/security-rules.md)
    factors_demanded = models.BooleanField(
        "a second factor is demanded", default=False, db_default=False, editable=False
    )
    is_company = models.BooleanField(default=False, editable=False)
    # when everything of it is deleted: written by functions of the database alone, because it
    # opens the way past the append-only journal (operators/sql/closing.sql)
    closes_at = models.DateTimeField("is deleted at", null=True, editable=False)
    closing_told = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SiteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_company"], condition=models.Q(is_company=True), name="one_company"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("operators:home", args=[self.slug])

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def is_closing(self) -> bool:
        """Its owner asked to have it deleted: nothing leaves or comes in (docs/retention.md)."""
        return self.closes_at is not None

    @property
    def is_over(self) -> bool:
        """Its days of grace are over: for everybody it is not there any more."""
        return self.closes_at is not None and self.closes_at <= timezone.now()


class Tombstone(models.Model):
    """What remains of a deleted site: a day, counts and the last seal of its journal, no names.

    Whoever keeps a seal from a mail can prove that the site was theirs. Written by functions of
    the database; `of_site` only while the purge is at work.
    """

    data_class: ClassVar[DataClass] = "account_data"
    written_by_functions: ClassVar[bool] = True

    of_site = models.BigIntegerField(null=True, unique=True)
    day = models.DateField()
    rows = models.JSONField(default=dict)  # table → how many
    entries = models.PositiveBigIntegerField(default=0)  # of the journal
    head = models.BinaryField()

    def __str__(self) -> str:
        return f"<Tombstone {self.pk}>"

    @property
    def row_count(self) -> int:
        return sum(self.rows.values())
