"""What the list of contacts can be narrowed by; apps above add theirs in `AppConfig.ready()`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import models

from operators.models import Operator
from visitors.models import Consent, Contact, CustomField, Source

Contacts = models.QuerySet[Contact]
LONGEST_VALUE = 1000


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


def choices_for(operator: Operator, given: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every filter with what this operator may choose, and what was chosen."""
    return [
        {"filter": one, "choices": one.choices(operator), "value": given.get(one.name, "")}
        for one in _filters
    ]


def wishes_in(given: Mapping[str, str], operator: Operator) -> dict[str, str]:
    """What was chosen and may be; a custom field under `field` and `value`."""
    offered = choices_for(operator, given)
    wishes = {
        one["filter"].name: one["value"]
        for one in offered
        if one["value"] in {value for value, _ in one["choices"]}
    }
    field = given.get("field", "")
    value = given.get("value", "").replace("\0", "").strip()[:LONGEST_VALUE]
    if value and CustomField.objects.filter(key=field).exists():
        wishes |= {"field": field, "value": value}
    return wishes


def narrowed(rows: Contacts, wishes: Mapping[str, str]) -> Contacts:
    """Whom these wishes leave, every one of them: for work through all contacts, not for a page."""
    if "field" in wishes:
        rows = rows.filter(fields__contains={wishes["field"]: wishes["value"]})
    for one in _filters:
        if one.name in wishes:
            rows = one.narrow(rows, wishes[one.name])
    return rows


def register(wanted: Filter) -> None:
    _filters.append(wanted)
