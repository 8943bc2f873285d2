"""What the shell of the operators' pages shows around them: places and the person's sites."""

from itertools import groupby
from typing import Any

from django import template
from django.http import HttpRequest

from accounts.models import Site
from comm100.core.navigation import places_for
from comm100.core.tenancy import across_sites
from operators.models import Operator

register = template.Library()


@register.simple_tag
def places(request: HttpRequest, operator: Operator) -> list[dict[str, Any]]:
    """The operator's places with their addresses; the one we are in is `current`."""
    found: list[dict[str, Any]] = [
        {"place": place, "url": place.url(operator.site.slug)} for place in places_for(operator)
    ]
    home = operator.site.get_absolute_url()
    shown = [
        p
        for p in found
        if p["place"].in_side_bar
        and (request.path.startswith(p["url"]) if p["url"] != home else request.path == home)
    ]
    here = max(shown, key=lambda p: len(p["url"]), default=None)
    return [{**p, "current": p is here} for p in found]


@register.filter
def by_section(found: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Side-bar places grouped by heading, in order of their first place."""
    shown = [p for p in found if p["place"].in_side_bar]
    first: dict[str, int] = {}
    for index, p in enumerate(shown):
        first.setdefault(p["place"].section, index)
    shown.sort(key=lambda p: first[p["place"].section])
    return [(name, list(rows)) for name, rows in groupby(shown, lambda p: p["place"].section)]


@register.simple_tag
def sites_of(operator: Operator) -> list[Site]:
    """The sites where this person is at work, by name. One query."""
    with across_sites():
        rows = Operator.objects.at_work().filter(user_id=operator.user_id).select_related("site")
        return sorted((row.site for row in rows), key=lambda site: site.name.lower())
