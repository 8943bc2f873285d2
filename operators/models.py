"""People at work in a site, and those who were asked to join."""

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.demands import factors_of
from comm100.core.tenancy import (
    POST_READS,
    DataClass,
    Numbered,
    Opening,
    SiteForeignKey,
    SiteManager,
    across_sites,
)


class Role(models.IntegerChoices):
    OWNER = 1, "Owner"
    ADMIN = 2, "Admin"
    EDITOR = 3, "Editor"
    READER = 4, "Reader"


READS = {
    *("site:read", "contacts:read", "newsletter:read", "mail:read"),
    *("operators:read", "journal:read"),
}
WRITES = {
    *("contacts:write", "contacts:import", "newsletter:write", "newsletter:submit"),
    "mail:decide",
}
RULES = {
    *("operators:write", "site:write", "mail:write", "access:read", "access:decide"),
    *("contacts:copy", "contacts:erase"),
}
PERMISSIONS: dict[int, set[str]] = {
    Role.READER: READS,
    Role.EDITOR: READS | WRITES,
    Role.ADMIN: READS | WRITES | RULES,
    Role.OWNER: READS | WRITES | RULES | {"site:own"},
}


class OperatorQuerySet(models.QuerySet["Operator"]):
    def at_work(self) -> Self:
        return self.filter(left_at=None)

    def owners(self) -> Self:
        return self.at_work().filter(role=Role.OWNER)

    def ruling(self) -> Self:
        return self.at_work().filter(role__in=[Role.OWNER, Role.ADMIN])

    def with_factors(self) -> Self:
        """Each says in `has_factor` whether that person has a second factor."""
        return self.annotate(has_factor=models.Exists(factors_of(models.OuterRef("user_id"))))

    def for_list(self) -> Self:
        return self.at_work().select_related("user", "added_by__user").order_by("role", "number")


class Operator(Numbered):
    """A user at work on one site, with a role there (P2.5)."""

    data_class: ClassVar[DataClass] = "account_data"
    also_reached_by: ClassVar[str] = "user_id = (SELECT app.user_id())"

    has_factor: bool  # after with_factors()

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.READER)
    added_by = SiteForeignKey("self", models.SET_NULL, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    left_at = models.DateTimeField(null=True, editable=False)

    objects = SiteManager.from_queryset(OperatorQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "user"], name="operator_once"),
            models.UniqueConstraint(fields=["site", "number"], name="operator_number_once"),
        ]

    def __str__(self) -> str:
        return f"<Operator {self.number}>"

    @property
    def actor_name(self) -> str:
        return f"operator:{self.pk}"

    @property
    def may_do(self) -> set[str]:
        """What pages offer: of a site that closes, nothing that would change it."""
        rights = PERMISSIONS[self.role]
        return {name for name in rights if name.endswith(":read") or not self.site.is_closing}

    def may(self, permission: str) -> bool:
        """Whether the role carries `noun:verb`; unknown names are a programming error."""
        if permission not in PERMISSIONS[Role.OWNER]:
            raise KeyError(permission)
        return permission in PERMISSIONS[self.role]

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER

    @property
    def may_give(self) -> list[Role]:
        """The roles that this operator may give to others: owners make owners, nobody else does."""
        return list(Role) if self.is_owner else [Role.ADMIN, Role.EDITOR, Role.READER]

    def may_change(self, other: "Operator") -> bool:
        """Whether this operator may change the role of another, or remove them."""
        if other.pk == self.pk or not self.may("operators:write"):
            return False
        return self.is_owner or not other.is_owner


def rules_somewhere(user_id: int) -> bool:
    """Whether a user owns or administers any site; in the user's own context."""
    with across_sites():
        return Operator.objects.ruling().filter(user_id=user_id).exists()


def names_of_sites(user_id: int) -> list[str]:
    """Of the sites where a user works; in the user's own context, else none."""
    with across_sites():
        rows = Operator.objects.at_work().filter(user_id=user_id)
        return [text for row in rows.values_list("site__name", "site__slug") for text in row]


def names_of_demanding_sites(user_id: int) -> list[str]:
    """Of the sites where a user works that demand a second factor; in the user's own context."""
    with across_sites():
        rows = Operator.objects.at_work().filter(user_id=user_id, site__factors_demanded=True)
        there = rows.exclude(site__closes_at__lte=timezone.now())
        return list(there.order_by("site__name").values_list("site__name", flat=True))


class InvitationQuerySet(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        return self.pending().filter(expires_at__gt=timezone.now())

    def pending(self) -> Self:
        """Neither accepted nor revoked; may have expired."""
        return self.filter(accepted_at=None, revoked_at=None)

    def for_list(self) -> Self:
        return self.pending().select_related("invited_by__user").order_by("-number")


class Invitation(Numbered):
    """Somebody asked to join as operator: name, e-mail, role, nothing else (P2.5)."""

    data_class: ClassVar[DataClass] = "account_data"

    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail")
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.EDITOR)
    invited_by = SiteForeignKey(Operator, models.SET_NULL, null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    objects = SiteManager.from_queryset(InvitationQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="invitation_number_once"),
            models.UniqueConstraint(
                fields=["site", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="invitation_pending_once",
            ),
        ]
        indexes = [models.Index(fields=["email"], name="invitation_email")]

    def __str__(self) -> str:
        return f"<Invitation {self.number}>"

    @property
    def state(self) -> str:
        if self.accepted_at:
            return "accepted"
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at < timezone.now() else "open"


class SiteCopyQuerySet(models.QuerySet["SiteCopy"]):
    def running(self) -> Self:
        return self.filter(state=SiteCopy.State.RUNNING)

    def for_list(self) -> Self:
        return self.select_related("asked_by__user").order_by("-number")


class SiteCopy(Numbered):
    """A ZIP with everything of the site, made in slices and kept for a week (operators/copying)."""

    class State(models.IntegerChoices):
        DONE = 1, "Done"
        RUNNING = 2, "Being made"
        FAILED = 3, "Failed"

    openings: ClassVar[tuple[Opening, ...]] = (POST_READS,)  # the beat looks for what stands still
    post_indexes: ClassVar[frozenset[str]] = frozenset({"copy_running"})
    hidden_from_staff: ClassVar[tuple[str, ...]] = ("stored_as",)
    MOST_FAILURES: ClassVar[int] = 5  # in a row
    KEPT: ClassVar[timedelta] = timedelta(days=7)  # the file

    state = models.PositiveSmallIntegerField(choices=State)
    asked_by = SiteForeignKey(Operator, models.SET_NULL, null=True)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    moved_at = models.DateTimeField(default=timezone.now, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    stored_as = models.CharField(max_length=200, blank=True, editable=False)  # "": the file is gone
    ledger = models.JSONField(default=dict, editable=False)  # comm100/core/archive.py
    total_rows = models.PositiveBigIntegerField(default=0, editable=False)
    rows = models.PositiveBigIntegerField(default=0, editable=False)
    size = models.PositiveBigIntegerField(default=0, editable=False)  # bytes
    digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256 of the file
    failures = models.PositiveSmallIntegerField(default=0, editable=False)

    objects = SiteManager.from_queryset(SiteCopyQuerySet)()

    class Meta:
        verbose_name_plural = "site copies"
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="copy_number_once"),
            models.UniqueConstraint(
                fields=["site"], condition=models.Q(state=2), name="copy_one_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["moved_at"], condition=models.Q(state=2), name="copy_running")
        ]

    def __str__(self) -> str:
        return f"<SiteCopy {self.number}>"

    @property
    def is_running(self) -> bool:
        return self.state == self.State.RUNNING

    @property
    def is_there(self) -> bool:
        return self.state == self.State.DONE and bool(self.stored_as)
