"""What happened, told once: an operation publishes, reactions follow the commit."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from django.db import transaction

from comm100.core.tenancy import working_for


@dataclass(frozen=True, kw_only=True)
class Event:
    """A fact in the past tense, with the site where it happened and ids, not objects."""

    site_id: int


E = TypeVar("E", bound=Event)
Reaction = Callable[[E], None]
_after: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)
_within: dict[type[Event], list[Callable[[Any], None]]] = defaultdict(list)


def when(kind: type[E]) -> Callable[[Reaction[E]], Reaction[E]]:
    """Run after the commit, for the event's site; a failure is logged and stops nobody."""

    def register(reaction: Reaction[E]) -> Reaction[E]:
        _after[kind].append(reaction)
        return reaction

    return register


def together_with(kind: type[E]) -> Callable[[Reaction[E]], Reaction[E]]:
    """Run inside the transaction of the operation: what must be true together with the event."""

    def register(reaction: Reaction[E]) -> Reaction[E]:
        _within[kind].append(reaction)
        return reaction

    return register


def publish(event: Event) -> None:
    for reaction in _within[type(event)]:
        reaction(event)
    for reaction in _after[type(event)]:
        transaction.on_commit(_bound(reaction, event), robust=True)


def _bound(reaction: Reaction[Any], event: Event) -> Callable[[], None]:
    @wraps(reaction)  # Django logs a failure by this name; a partial() has none
    def react() -> None:
        with working_for(event.site_id):
            reaction(event)

    return react
