"""The mail servers that take what leaves."""

from typing import ClassVar, Self

from django.db import models

from comm100.core.tenancy import POST_WORKS, DataClass, Opening


class RelayQuerySet(models.QuerySet["Relay"]):
    def in_trouble(self) -> Self:
        """Servers that we wait for: pages say so with `problem`."""
        return self.exclude(problem="")


class Relay(models.Model):
    """How a mail server that we hand mails to is doing; one row each, kept by the post."""

    data_class: ClassVar[DataClass] = "platform"
    openings: ClassVar[tuple[Opening, ...]] = (POST_WORKS,)

    name = models.CharField(max_length=200, unique=True)  # host:port
    problem = models.CharField(max_length=300, blank=True)  # "" while it works
    failing_since = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    resting_until = models.DateTimeField(null=True)  # nobody claims before
    worked_at = models.DateTimeField(null=True)
    taken_until = models.DateTimeField(null=True)  # its rate is used up until then

    objects = RelayQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
