"""The pages of the letterbox (development only): what was sent, newest first."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from mail.framing import framed
from mail.letterbox import Kept, Letterbox
from operators.permissions import anybody

PAGE = 40
VIEWS = {"": "Mail", "text": "Text", "source": "Source"}
# Links open in the whole window, so that a newcomer can follow them.
_ALLOWED = "allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"


def _box() -> Letterbox:
    return Letterbox(settings.DATA_DIR / "letterbox")


def _kept(key: str) -> Kept:
    kept = _box().get(key)
    if kept is None:
        raise Http404
    return kept


def _list(request: HttpRequest) -> dict[str, Any]:
    before = request.GET.get("before", "")
    mails = list(_box().page(PAGE + 1, before=before))
    older = mails[PAGE - 1].key if len(mails) > PAGE else ""
    return {
        "mails": mails[:PAGE],
        "newest": mails[0].key if mails else "",
        "before": before,
        "older": older,
    }


@anybody
def letterbox(request: HttpRequest) -> HttpResponse:
    """All mails; asked again by htmx with the `newest` it shows: 204 while that is so."""
    facts = _list(request)
    if "newest" in request.GET:
        if request.GET["newest"] == facts["newest"]:
            return HttpResponse(status=204)
        return render(request, "mail/letterbox/page.html#list", facts)
    return render(request, "mail/letterbox/page.html", facts)


@anybody
def letter(request: HttpRequest, key: str) -> HttpResponse:
    kept = _kept(key)
    view = request.GET.get("view", "" if kept.html else "text")
    facts = {"letter": kept, "view": view if view in VIEWS else "", "views": VIEWS}
    return render(request, "mail/letterbox/page.html", _list(request) | facts)


@anybody
def letter_html(request: HttpRequest, key: str) -> HttpResponse:
    """The HTML part alone, for the sealed frame."""
    return framed(_kept(key).html, links="_top", allowed=_ALLOWED)
