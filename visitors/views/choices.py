"""Cookies: what there is, and the visitor's choices. Rejecting is as easy as accepting (P4.2)."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from redis.exceptions import RedisError

from operators.permissions import anybody, while_closing
from visitors.middleware import slug_of
from visitors.visits.beacon import farewell
from visitors.visits.buffer import keep
from visitors.visits.choices import Choices, choices_of, new_choices
from visitors.visits.choices import keep as keep_choices
from visitors.visits.sites import site_of

ANSWERS = {"accept", "reject", "save"}


@anybody
@while_closing
@csrf_exempt  # its token would be a second cookie; `_from_here` asks the browser instead
@require_http_methods(["GET", "HEAD", "POST"])
def cookies(request: HttpRequest) -> HttpResponse:
    chosen = choices_of(request)
    if request.method == "POST":
        if not _from_here(request):
            return HttpResponseForbidden("This form was sent from another web site.")
        if request.POST.get("choice") in ANSWERS:
            return _decided(request, chosen)
    facts = {
        "chosen": chosen,
        "saved": "saved" in request.GET,
        "visitor_cookie": settings.VISITOR_COOKIE,
        "session_cookie": settings.SESSION_COOKIE_NAME,
        "csrf_cookie": settings.CSRF_COOKIE_NAME,
        "back": _local(request, request.GET.get("next", "")),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "visitors/cookies.html", facts, status=status)


def _decided(request: HttpRequest, before: Choices) -> HttpResponse:
    answer = redirect(_local(request, request.POST.get("next", "")) or f"{request.path}?saved")
    if before.by_signal:
        return answer  # no before we asked: nothing to remember
    said = request.POST["choice"]
    after = new_choices(
        counted=said == "accept" or (said == "save" and "counted" in request.POST),
        personalise=said == "accept" or "personalise" in request.POST,
        before=before,
    )
    keep_choices(answer, after)
    if before.counted and not after.counted:
        _forget(before, {slug_of(request), settings.COMPANY_SLUG})
    return answer


def _forget(before: Choices, slugs: set[str]) -> None:
    """What was known goes the way it came, so that nothing on its way comes after."""
    for site in filter(None, map(site_of, slugs)):
        try:
            keep(farewell(site.id, before))
        except RedisError:
            return  # their id is gone from the browser, and the rows grow old


def _from_here(request: HttpRequest) -> bool:
    """Not a form of another web site: browsers say where one stands."""
    place = request.headers.get("Sec-Fetch-Site", "")
    if place:
        return place in {"same-origin", "none"}
    origin = request.headers.get("Origin") or request.headers.get("Referer", "")
    return not origin or urlsplit(origin).netloc == request.get_host()


def _local(request: HttpRequest, path: str) -> str:
    fits = path.startswith("/") and url_has_allowed_host_and_scheme(path, {request.get_host()})
    return path if fits else ""
