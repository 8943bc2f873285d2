"""Page views of our own public pages, for those who agreed; who is still to be asked (P4.1)."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from visitors.visits import beacon, choices, facts
from visitors.visits.buffer import keep
from visitors.visits.sites import site_of

OF_THE_COMPANY = "website"  # the namespace of its pages
PREFETCH = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")


class VisitMiddleware:
    """Below it the answer is made and committed; a page that was shown counts once."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        if request.method == "GET" and answer.status_code == 200 and is_public(request):  # noqa: PLR2004
            _count(request, answer)
        return answer


def is_public(request: HttpRequest) -> bool:
    """A page that anybody may see: the company's, or one of a site; none that a token opens."""
    match = request.resolver_match
    if match is None or "token" in match.kwargs:
        return False
    if match.namespace == OF_THE_COMPANY:  # pages of staff and of accounts are among them
        return getattr(match.func, "admits", "") == "anybody"
    return request.path_info.startswith("/p/")


def slug_of(request: Any) -> str:
    """Whose page it is: the company's own pages belong to its site."""
    site = getattr(request, "site", None)
    return site.slug if site else settings.COMPANY_SLUG


def choice_facts(request: HttpRequest) -> dict[str, Any]:
    """Context processor: whether to ask, and where clicks of who agreed are told."""
    if not is_public(request):
        return {}
    chosen = choices.choices_of(request)
    here = f"/p/{slug_of(request)}" if request.path_info.startswith("/p/") else ""
    site = getattr(request, "site", None)
    return {
        "ask_for_choice": not chosen.decided and not (site and site.is_closing),
        "visits_door": f"/p/{slug_of(request)}/visit" if chosen.counted else "",
        "cookies_url": f"{here}/cookies/",
    }


def _count(request: HttpRequest, answer: HttpResponse) -> None:
    chosen = choices.choices_of(request)
    is_page = answer.headers.get("Content-Type", "").startswith("text/html")
    ahead = any("prefetch" in request.META.get(name, "").lower() for name in PREFETCH)
    if not chosen.counted or not is_page or ahead:
        return
    site = site_of(slug_of(request))
    if site is None or site.is_closing or facts.is_bot(request.META.get("HTTP_USER_AGENT", "")):
        return
    page = facts.page_of(request.path_info)
    try:
        event = beacon.event_of(site.id, page, chosen, request.META)
        keep(event, told_by=event.ip)
    except RedisError:
        return  # the page matters more than its count
