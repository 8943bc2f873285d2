"""What every page knows: names of the company, the version, the CSP nonce."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page_facts(request: HttpRequest) -> dict[str, Any]:
    """Context processor. django-htmx reads `csp_nonce`, django-csp offers `request.csp_nonce`."""
    return {
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "company_name": settings.COMPANY_NAME,
        "local": settings.LOCAL,
        "letterbox": settings.LETTERBOX and settings.LOCAL,
        "demo": settings.DEMO,
        "site": getattr(request, "site", None),
        "operator": getattr(request, "operator", None),
    }
