"""What a mailing is to people: the app above that makes mailings tells their names.

Mail knows numbers only; a page of bounces or replies shows “Autumn service week” and links there.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Carrier:
    """mailing_ids: all that it leaves in; number: of the site, as URLs show it; url: its page."""

    mailing_ids: tuple[int, ...]
    number: int
    name: str
    url: str


Names = Callable[[Iterable[int]], dict[int, Carrier]]
Finder = Callable[[int], Carrier | None]
_names: list[Names] = []
_finders: list[Finder] = []


def register(names: Names, finder: Finder) -> None:
    """names: mailing ids → carriers, two queries; finder: the carrier with this number."""
    _names.append(names)
    _finders.append(finder)


def named(mailing_ids: Iterable[int | None]) -> dict[int, Carrier]:
    wanted = {one for one in mailing_ids if one}
    found: dict[int, Carrier] = {}
    for names in _names:
        found |= names(wanted) if wanted else {}
    return found


def numbered(text: str) -> Carrier | None:
    """The carrier that `?campaign=` names."""
    if not text.isdecimal() or len(text) > 18:  # noqa: PLR2004  a longer number is no bigint
        return None
    found = (finder(int(text)) for finder in _finders)
    return next((one for one in found if one), None)
