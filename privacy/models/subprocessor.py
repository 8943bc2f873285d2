"""Who handled personal data for the company, from when to when: the history of the public list."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from django.db import models

from comm100.core.subprocessors import Party
from comm100.core.tenancy import DataClass


class Subprocessor(models.Model):
    """A line of the list, as comm100/core/subprocessors.py made it; it ends when that changes."""

    data_class: ClassVar[DataClass] = "platform"

    name = models.CharField(max_length=200)
    country = models.CharField(max_length=100)
    what = models.CharField(max_length=200)
    data = models.CharField(max_length=200)
    host = models.CharField(max_length=255, blank=True)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["name", "country", "what", "data", "host"],
                condition=models.Q(until=None),
                name="subprocessor_at_present_once",
            )
        ]
        ordering = ["name", "country", "what", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def party(self) -> Party:
        return Party(self.name, self.country, self.what, self.data, self.host)


@dataclass(frozen=True)
class Change:
    """What happened to the list on a day."""

    day: date
    begun: list[Party]
    ended: list[Party]


def changes_of(rows: Iterable[Subprocessor]) -> list[Change]:
    """Newest first."""
    begun: dict[date, list[Party]] = {}
    ended: dict[date, list[Party]] = {}
    for row in rows:
        begun.setdefault(row.since, []).append(row.party)
        if row.until:
            ended.setdefault(row.until, []).append(row.party)
    days = sorted({*begun, *ended}, reverse=True)
    return [Change(day, begun.get(day, []), ended.get(day, [])) for day in days]
