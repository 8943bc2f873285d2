"""What the list of contacts can be narrowed by; apps above add theirs in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass

from django.db import models

from operators.models import Operator
from visitors.models import Consent, Contact, Source

Contacts = models.QuerySet[Contact]


@dataclass(frozen=True, kw_only=True)
class Filter:
    """One choice above the list: `name` in the query string, (value, label) pairs, what it does.

    `narrow` must stay fast at a million contacts: an index that starts with the site and ends
    with the contact's number.
    """

    name: str
    label: str
    choices: Callable[[Operator], list[tuple[str, str]]]
    narrow: Callable[[Contacts, str], Contacts]


def _labels(choices: type[models.IntegerChoices]) -> Callable[[Operator], list[tuple[str, str]]]:
    return lambda _operator: [(str(value), str(label)) for value, label in choices.choices]


_filters = [
    Filter(
        name="source",
        label="Source",
        choices=_labels(Source),
        narrow=lambda rows, value: rows.filter(source=int(value)),
    ),
    Filter(
        name="consent",
        label="Consent",
        choices=_labels(Consent),
        narrow=lambda rows, value: rows.filter(consent=int(value)),
    ),
]


def register(wanted: Filter) -> None:
    _filters.append(wanted)


def every_filter() -> list[Filter]:
    return list(_filters)
