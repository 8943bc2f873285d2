"""Signing in again: the page says why it is asked, leads back, and keeps what was written.

A form that arrives when the session is over is kept, sealed, in the new session of that browser for
an hour. After the sign-in its person sees it and sends it by a click; nothing is sent by itself.
"""

import json
import time
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.csrf import csrf_failure
from django_htmx.http import HttpResponseClientRedirect

from comm100.core.sealing import CannotOpen, seal, unseal

KEEP_SECONDS = 3600
MOST_BYTES = 256 * 1024
AT_WORK = ("/s/", "/staff/")  # forms of sign-in and account hold secrets: none of them is kept
NAME = "kept-form"
OWN_FIELDS = {"csrfmiddlewaretoken"}


@dataclass(frozen=True)
class KeptForm:
    """What was to be sent where, by whom, and from which page."""

    path: str
    back: str
    user_id: int
    at: float
    fields: list[list[str]]

    @property
    def longest(self) -> str:
        """The text that somebody would be sorriest to lose."""
        return max((value for _, value in self.fields), key=len, default="")


class AgainMiddleware:
    """Completes what the guards say: to sign-in, and back to the page that a person sees."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        where = urlsplit(answer.headers.get("Location", ""))
        if where.path != resolve_url(settings.LOGIN_URL) or "next" not in QueryDict(where.query):
            return answer
        return _to_sign_in(request, answer)


def _to_sign_in(request: Any, answer: HttpResponse) -> HttpResponse:
    """For a part of a page the whole page goes: a sign-in form has no place inside of it."""
    query = QueryDict(mutable=True)
    query["next"] = way_back(request)
    ended = request.session.ended
    if ended:
        query["why"] = f"{ended.why}.{ended.kind}"
    url = f"{resolve_url(settings.LOGIN_URL)}?{query.urlencode(safe='/')}"
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def way_back(request: Any) -> str:
    """Where somebody goes on who is asked something in between; a form that was sent is kept."""
    if request.method not in {"GET", "HEAD"}:
        return reverse("accounts:again") if keep_form(request) else _page_of(request)
    return _page_of(request) if request.htmx else str(request.get_full_path())


def csrf_failed(request: Any, reason: str = "") -> HttpResponse:
    """A form of ours that is older than the sign-in is shown again; any other is refused."""
    ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if ours and request.user.is_authenticated and keep_form(request):
        url = reverse("accounts:again")
        return HttpResponseClientRedirect(url) if request.htmx else redirect(url)
    return csrf_failure(request, reason)


def keep_form(request: Any) -> bool:
    """Keep what was sent, if it can be kept: text of a page at work, without files and secrets.

    Of a session that does not say whose it was nothing is kept: another could see it.
    """
    ended = request.session.ended
    user_id = ended.user_id if ended else request.user.pk
    size = int(request.META.get("CONTENT_LENGTH") or 0)
    small = 0 < size <= MOST_BYTES
    if not (user_id and request.path.startswith(AT_WORK) and small) or request.FILES:
        return False
    fields = [
        [name, value]
        for name, values in request.POST.lists()
        for value in values
        if name not in OWN_FIELDS
    ]
    if any("password" in name for name, _ in fields):
        return False
    kept = KeptForm(request.get_full_path(), _page_of(request), user_id, time.time(), fields)
    sealed = seal(NAME, json.dumps(asdict(kept)).encode(), bound=NAME)
    request.session[NAME] = b64encode(sealed).decode()
    return True


def kept_form(request: Any) -> KeptForm | None:
    """What this person wrote before; of another person, or older than an hour, nothing."""
    try:
        plain = unseal(NAME, b64decode(request.session.get(NAME, "")), bound=NAME)
    except CannotOpen:
        return None
    kept = KeptForm(**json.loads(plain))
    is_theirs = kept.user_id == request.user.pk
    return kept if is_theirs and time.time() - kept.at < KEEP_SECONDS else None


def forget_form(request: Any) -> None:
    request.session.pop(NAME, None)


def _page_of(request: Any) -> str:
    """The page that was on the screen when this was asked, on our own host; else the list."""
    told = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    page = urlsplit(told)
    path = f"{page.path}?{page.query}" if page.query else page.path
    is_here = page.netloc == request.get_host()
    if is_here and path and url_has_allowed_host_and_scheme(path, allowed_hosts=None):
        return path
    return reverse("sites")
