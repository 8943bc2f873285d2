"""What the first page of a site shows: each app adds its own steps and panels in `ready()`."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.core.cache import cache
from django.urls import reverse

from accounts.models import Site
from operators.http import OperatorRequest

REMEMBER_DONE = 24 * 3600  # seconds


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the first things to do with a new site; `done` looks at what is really there."""

    label: str
    text: str
    url_name: str  # takes the site's slug
    action: str  # what the link says
    permission: str  # noun:verb
    done: Callable[[Site], bool]
    order: int = 100


@dataclass(frozen=True)
class Figure:
    """A number that people look for, and where it leads."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the page below the steps: a template with the facts that it shows.

    `facts` answers None when there is nothing to show yet.
    """

    template: str
    permission: str
    facts: Callable[[OperatorRequest], dict[str, Any] | None]
    order: int = 100


@dataclass(frozen=True)
class StepState:
    label: str
    text: str
    action: str
    url: str
    done: bool
    is_next: bool = False


_steps: list[Step] = []
_panels: list[Panel] = []
_figures: list[Callable[[OperatorRequest], list[Figure]]] = []


def register_step(step: Step) -> None:
    _steps.append(step)
    _steps.sort(key=lambda s: s.order)


def register_panel(panel: Panel) -> None:
    _panels.append(panel)
    _panels.sort(key=lambda p: p.order)


def register_figures(figures: Callable[[OperatorRequest], list[Figure]]) -> None:
    """`figures` answers those that this operator may see."""
    _figures.append(figures)


def figures_for(request: OperatorRequest) -> list[Figure]:
    return [figure for figures in _figures for figure in figures(request)]


def steps_for(request: OperatorRequest) -> list[StepState]:
    """What is to be done by this operator, and what is done; [] once all of it is."""
    site = request.site
    all_done = f"first-steps-done:{site.pk}:{request.operator.role}"
    if cache.get(all_done):
        return []
    steps = [
        StepState(
            step.label,
            step.text,
            step.action,
            reverse(step.url_name, args=[site.slug]),
            step.done(site),
        )
        for step in _steps
        if step.permission in request.operator.may_do
    ]
    if all(step.done for step in steps):
        cache.set(all_done, 1, REMEMBER_DONE)
        return []
    coming = next(i for i, step in enumerate(steps) if not step.done)
    steps[coming] = replace(steps[coming], is_next=True)
    return steps


def panels_for(request: OperatorRequest) -> list[dict[str, Any]]:
    """`template` and `facts` of each panel that this operator sees."""
    shown = []
    for panel in _panels:
        if request.operator.may(panel.permission):
            facts = panel.facts(request)
            if facts is not None:
                shown.append({"template": panel.template, "facts": facts})
    return shown
