"""Where a second factor is demanded of a person: sites decide, the account keeps to it.

A session has shown it when it signed in with it, was asked for it, or set it up.
"""

from collections.abc import Callable, Iterable
from typing import Any

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.db.models import OuterRef
from django.utils.text import get_text_list

WANTED = "factor_wanted"  # where somebody was going when they were asked; templates read it
SET_UP = "factor_set_up"
STAYS = (
    "It is your last one, and {sites} asks everybody who works there for one. Add another one"
    " first, or leave the site."
)

_sources: list[Callable[[int], Iterable[str]]] = []


def offer_demands(names_of_sites: Callable[[int], Iterable[str]]) -> None:
    """Say how to find the names of the sites that demand one of the user of an id."""
    _sources.append(names_of_sites)


def factors_of(user_id: int | OuterRef) -> Any:
    """What a person could show; recovery codes only stand in for it."""
    own = Authenticator.objects.filter(user=user_id)
    return own.exclude(type=Authenticator.Type.RECOVERY_CODES)


def why_it_stays(factor: Authenticator) -> str:
    """Why a person cannot remove a factor, and what to do; "" when they can."""
    if factors_of(factor.user_id).exclude(pk=factor.pk).exists():
        return ""
    names = [name for source in _sources for name in source(factor.user_id)]
    return STAYS.format(sites=get_text_list(names, "and")) if names else ""


def has_shown_it(request: Any) -> bool:
    """Whether this session has shown a second factor, or set one up; asks no table."""
    steps = get_authentication_records(request, request.user)
    return SET_UP in request.session or any(step["method"] == "mfa" for step in steps)


def note_set_up(request: Any) -> None:
    request.session[SET_UP] = True


def remember_way(request: Any, *, site: str, slug: str, path: str) -> None:
    """Pages of the second factor say which site asks, and lead on to `path`."""
    wanted = {"site": site, "slug": slug, "path": path}
    if request.session.get(WANTED) != wanted:
        request.session[WANTED] = wanted


def forget_way(request: Any, *, slug: str) -> None:
    """They are there."""
    if request.session.get(WANTED, {}).get("slug") == slug:
        del request.session[WANTED]
