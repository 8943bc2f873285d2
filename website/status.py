"""For those who run it: `/health/`, `/version`, `/metrics`."""

from functools import cache as once
from hmac import compare_digest
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from operators.permissions import anybody
from website.metrics import REGISTRY
from website.pulse import take_pulse

LOOPBACK = {"127.0.0.1", "::1"}


@anybody
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """200 when work gets done from end to end, 503 with what is wrong; no secrets."""
    pulse = take_pulse()
    response = JsonResponse(pulse.as_json(), status=503 if pulse.wrong else 200)
    setattr(response, "_has_been_logged", True)  # noqa: B010  Django would log every 503
    return response


@anybody
def version(request: HttpRequest) -> HttpResponse:
    return JsonResponse(
        {
            "version": settings.VERSION,
            "commit": commit(),
            "licence": "MIT",
            "source": settings.SOURCE_URL,
        }
    )


@anybody
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus. Only for this machine, or with the token of COMM100_METRICS_TOKEN."""
    if not _may_read_metrics(request):
        raise Http404
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if token and compare_digest(given.encode(), token.encode()):
        return True
    came_through_proxy = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in LOOPBACK and not came_through_proxy


@once
def commit() -> str | None:
    """Of COMM100_COMMIT (an image knows it from its build), else of the checkout."""
    return settings.COMMIT or _commit_of(settings.BASE_DIR / ".git")


def _commit_of(git: Path) -> str | None:
    try:
        head = (git / "HEAD").read_text().strip()
        if not head.startswith("ref: "):
            return head
        name = head.removeprefix("ref: ")
        if (git / name).exists():
            return (git / name).read_text().strip()
        packed = (git / "packed-refs").read_text().splitlines()
    except OSError:
        return None
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), None)
