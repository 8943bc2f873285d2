"""How long a session lasts, and how many one person has at once: by what the person may do.

The numbers stand in `settings.SESSION_LIMITS`, their reasons in docs/security-rules.md.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from comm100.core.tenancy import current_context

STAFF, OWNER, USER = "staff", "owner", "user"  # of a session; owner: owners and admins of sites
MINUTE, HOUR, DAY = 60, 3600, 24 * 3600


@dataclass(frozen=True)
class Limit:
    """Seconds without use, seconds from the sign-in on, sessions of one person at once."""

    idle: int
    total: int
    most: int


_rules: list[Callable[[int], bool]] = []


def offer_rule(rules_somewhere: Callable[[int], bool]) -> None:
    """Say how to ask whether the user of an id has an owner's or admin's rights (one query)."""
    _rules.append(rules_somewhere)


def limit_of(kind: str) -> Limit:
    """While nobody knows what a person may do, the session ends as an owner's."""
    minutes, hours, most = settings.SESSION_LIMITS[kind or OWNER]
    return Limit(minutes * MINUTE, hours * HOUR, most)


def kind_of(user: Any) -> str:
    """ "" when it cannot be asked: outside the user's own context the tables show no roles."""
    if user.is_staff:
        return STAFF
    context = current_context()
    if context is None or context.user_id != user.pk:
        return ""
    return OWNER if any(rules_somewhere(user.pk) for rules_somewhere in _rules) else USER


def in_words(seconds: int) -> str:
    """1800 → 30 minutes, 43200 → 12 hours, 1209600 → 14 days."""
    for size, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds % size == 0 and (seconds >= 2 * size or size != DAY):
            number = seconds // size
            if number:
                return f"{number} {word}{'s' if number > 1 else ''}"
    return f"{seconds} seconds"
