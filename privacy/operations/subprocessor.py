"""The list of subprocessors follows what the installation talks to, and remembers what it was."""

from dataclasses import asdict

from django.db import transaction
from django.utils import timezone

from comm100.core.subprocessors import subprocessors
from privacy.models import Subprocessor


@transaction.atomic
def note_subprocessors() -> bool:
    """Begin and end lines as of today; answer whether the list changed. Safe to repeat."""
    today = timezone.localdate()
    before = {row.party: row for row in Subprocessor.objects.filter(until=None)}
    now = set(subprocessors())
    for party in sorted(now - set(before)):
        Subprocessor.objects.get_or_create(until=None, **asdict(party), defaults={"since": today})
    gone = [row.pk for party, row in before.items() if party not in now]
    Subprocessor.objects.filter(pk__in=gone).update(until=today)
    return now != set(before)
