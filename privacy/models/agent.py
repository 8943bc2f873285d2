"""Who may contact people on the company's behalf, and whom they were shown (P6.2)."""

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from comm100.core.tenancy import DataClass


class AgentQuerySet(models.QuerySet["Agent"]):
    def at_work(self) -> Self:
        today = timezone.now().date()
        return self.filter(ended_at=None, expires_on__gt=today, user__is_active=True)

    def for_list(self) -> Self:
        return self.select_related("user", "added_by").order_by("-id")


class Agent(models.Model):
    """A company under contract; its person signs in as `user` and sees contacts in the scope."""

    data_class: ClassVar[DataClass] = "account_data"

    class Scope(models.IntegerChoices):
        """Always people who gave their address themselves."""

        WROTE = 1, "Who wrote by the contact form"
        SUBSCRIBED = 2, "Who subscribed to a list"
        SIGNED_UP = 3, "Who opened an account"
        ALL = 4, "Everybody who gave their address"

    user = models.ForeignKey(User, models.PROTECT, related_name="agents")
    name = models.CharField(max_length=120)  # of the company
    contract = models.CharField(max_length=120)
    scope = models.PositiveSmallIntegerField(choices=Scope)
    task = models.CharField(max_length=300)  # what they contact people about
    expires_on = models.DateField()
    ended_at = models.DateTimeField(null=True)
    added_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = AgentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(contract__trim__length__gte=3), name="agent_has_contract"
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(ended_at=None), name="agent_once_at_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"<Agent {self.pk}>"

    @property
    def actor_name(self) -> str:
        return f"agent:{self.pk}"

    @property
    def is_at_work(self) -> bool:
        return self.ended_at is None and self.expires_on > timezone.now().date()


class AgentDisclosure(models.Model):
    """That an agent was shown the contact fields of one person: ids and field names, no content.

    The application may add rows and read them, never change or delete them.
    """

    data_class: ClassVar[DataClass] = "account_data"

    agent = models.ForeignKey(Agent, models.PROTECT, related_name="disclosures")
    contact_id = models.BigIntegerField()  # of the company's own site; outlives an erasure
    contact_number = models.PositiveBigIntegerField()
    fields = models.JSONField(default=list)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["contact_id", "-at"], name="agent_disclosure_contact")]

    def __str__(self) -> str:
        return f"<AgentDisclosure {self.pk}>"
