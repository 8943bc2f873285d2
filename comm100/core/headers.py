"""What Django and django-csp leave to us: headers of answers, and requests that get none."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

# Nothing of the device is used; passkeys are, on our own pages.
PERMISSIONS = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "autoplay", "browsing-topics", "camera", "display-capture",
        "encrypted-media", "fullscreen", "geolocation", "gyroscope", "hid", "idle-detection",
        "magnetometer", "microphone", "midi", "payment", "picture-in-picture", "screen-wake-lock",
        "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip
DEFAULTS = {
    "Permissions-Policy": PERMISSIONS,
    # a view that is made for other sites (the beacon, its script) says so itself
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}


SECRETS_IN = {"/metrics"}  # GET, with a secret in its header
IN_THE_CLEAR = "This is answered over https only. Nothing was done."
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# Pages that show what belongs to somebody. `no-store` keeps them out of the browser's disk and out
# of its memory for "back", where the next person at that machine would find them after a sign-out.
# The price: "back" asks the server again. Lists are fresh then, and the editor saves by itself.
PRIVATE = ("/s/", "/staff/", "/account/", "/sites/", "/agents/")
UNSTORED = "no-store, private"


class HeadersMiddleware:
    """Adds what is not there yet; refuses what nothing here answers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = refused(request) or self.get_response(request)
        for name, value in DEFAULTS.items():
            answer.headers.setdefault(name, value)
        if is_private(request):
            answer.headers.setdefault("Cache-Control", UNSTORED)
        return answer


def refused(request: HttpRequest) -> HttpResponse | None:
    """TRACE and the like; and what comes without TLS and is no page (ASVS 4.1.2).

    Pages are led on by Django. A program that is led on would send its secrets in the clear each
    time, and nobody would notice.
    """
    if request.method not in METHODS:
        return HttpResponseNotAllowed(METHODS)
    by_a_program = request.method not in {"GET", "HEAD"} or request.path_info in SECRETS_IN
    if settings.SECURE_SSL_REDIRECT and by_a_program and not request.is_secure():
        return HttpResponse(IN_THE_CLEAR, status=HTTPStatus.FORBIDDEN, content_type="text/plain")
    return None


def is_private(request: Any) -> bool:
    """Of somebody who is signed in, or behind a link that was sent to one person."""
    user, match = getattr(request, "_cached_user", None), request.resolver_match
    return (
        request.path_info.startswith(PRIVATE)
        or bool(user and user.is_authenticated)
        or bool(match and "token" in match.kwargs)
    )
