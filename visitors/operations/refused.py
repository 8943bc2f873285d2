"""Rows of imports that were refused and hold the address of somebody."""

from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast, Lower

from comm100.core.addresses import standing_alone
from comm100.core.personal_data import Person
from visitors.models import RefusedRow


def refused_with(person: Person) -> "QuerySet[RefusedRow]":
    """By the address alone: a refused row is nobody's contact. Reads all of the site's."""
    found = Q(pk__in=[])
    for address in person.addresses:
        found |= Q(text__regex=standing_alone(address))
    return RefusedRow.objects.alias(text=Lower(Cast(F("row"), TextField()))).filter(found)
