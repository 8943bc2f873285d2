"""Rows of imports that were refused and hold the address of somebody."""

from django.db.models import F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast, Lower

from comm100.core.personal_data import Person
from visitors.models import RefusedRow


def refused_with(person: Person) -> "QuerySet[RefusedRow]":
    """By the address alone: a refused row is nobody's contact. Reads all of the site's."""
    rows = RefusedRow.objects.annotate(text=Lower(Cast(F("row"), TextField())))
    found = Q()
    for address in person.addresses:
        rows = rows.alias(**{f"at{len(found)}": Func(F("text"), Value(address), function="strpos")})
        found |= Q(**{f"at{len(found)}__gt": 0})
    return rows.filter(found) if found else rows.none()
