"""What apps above show on a contact's page: each registers its panels in `AppConfig.ready()`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from operators.models import Operator
from visitors.models import Contact


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A titled box: `facts(contact, operator)` is the context of `template`, None hides the box."""

    name: str
    title: str
    template: str
    facts: Callable[[Contact, Operator], dict[str, Any] | None]
    permission: str = "contacts:read"
    order: int = 100


@dataclass(frozen=True)
class FilledPanel:
    panel: Panel
    facts: dict[str, Any]


_panels: list[Panel] = []


def register(panel: Panel) -> None:
    _panels.append(panel)
    _panels.sort(key=lambda p: p.order)


def panels_for(contact: Contact, operator: Operator) -> list[FilledPanel]:
    filled = (
        (panel, panel.facts(contact, operator))
        for panel in _panels
        if operator.may(panel.permission)
    )
    return [FilledPanel(panel, facts) for panel, facts in filled if facts is not None]
