"""Response headers that Django and django-csp leave to us."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

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


class HeadersMiddleware:
    """Adds what is not there yet."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        for name, value in DEFAULTS.items():
            answer.headers.setdefault(name, value)
        return answer
