"""Small files that programs look for."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from operators.permissions import anybody

ROBOTS = "User-agent: *\nDisallow: /s/\nDisallow: /account/\nDisallow: /staff/\n"


@anybody
def robots(request: HttpRequest) -> HttpResponse:
    return HttpResponse(ROBOTS, content_type="text/plain; charset=utf-8")


@anybody
def security(request: HttpRequest) -> HttpResponse:
    """RFC 9116: where to tell of a weakness."""
    until = timezone.now() + timedelta(days=180)
    lines = [
        f"Contact: mailto:{settings.COMPANY_EMAIL}",
        f"Expires: {until:%Y-%m-%dT00:00:00Z}",
        "Preferred-Languages: en",
        f"Canonical: {settings.PUBLIC_URL}/.well-known/security.txt",
    ]
    return HttpResponse("\n".join(lines) + "\n", content_type="text/plain; charset=utf-8")


@anybody
def change_password(request: HttpRequest) -> HttpResponse:
    """The well-known address where password managers lead people."""
    return redirect("account_change_password")
