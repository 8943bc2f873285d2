"""What the side bar and the command palette offer: each app adds its own places in `ready()`."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse


@dataclass(frozen=True, kw_only=True)
class Place:
    """One entry: where it leads (a URL name that takes the site's slug) and who sees it."""

    label: str
    url_name: str
    icon: str  # a lucide name
    permission: str  # noun:verb
    section: str = ""  # heading in the side bar
    order: int = 100
    in_side_bar: bool = True  # False: the palette only ("New campaign")
    search: str = ""  # GET parameter that searches there ("q"): the palette offers it

    def url(self, slug: str) -> str:
        return reverse(self.url_name, args=[slug])


_places: list[Place] = []


def offer(place: Place) -> None:
    _places.append(place)
    _places.sort(key=lambda p: p.order)


def places_for(operator: Any) -> list[Place]:
    """What this operator may go to, in order; of a site that closes, no way to change it."""
    offered = operator.may_do
    return [
        place
        for place in _places
        if (operator.may(place.permission) if place.in_side_bar else place.permission in offered)
    ]
