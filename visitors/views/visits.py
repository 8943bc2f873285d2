"""What a site's web pages ask for: the script, the door for its events, the picture."""

from functools import cache
from http import HTTPStatus
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from operators.http import SiteRequest
from operators.permissions import anybody, while_closing
from visitors.visits import beacon

SCRIPT = Path(settings.BASE_DIR) / "static" / "js" / "visit.js"
HOUR = 3600


@anybody
@while_closing
@csrf_exempt  # pages of other hosts send events; they sign nobody in and change no data
@require_http_methods(["POST", "OPTIONS"])
def event(request: SiteRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        return _answered(beacon.Answer(HTTPStatus.NO_CONTENT))
    body = request.read(beacon.MOST_BYTES + 1)
    return _answered(beacon.take_event(request.site.slug, request.META, body))


@anybody
@while_closing
@require_safe
def picture(request: SiteRequest) -> HttpResponse:
    return _answered(beacon.take_picture(request.site.slug, request.META))


@anybody
@while_closing
@require_safe
def script(request: HttpRequest) -> HttpResponse:
    """The same for every site: it reads from its own address whose it is."""
    answer = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    answer["Cache-Control"] = f"public, max-age={HOUR}"
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


@cache
def _script() -> bytes:
    return SCRIPT.read_bytes()


def _answered(answer: beacon.Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status, content_type=answer.type)
    for name, value in beacon.HEADERS:
        response[name] = value
    return response
