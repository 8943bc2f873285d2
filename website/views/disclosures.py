"""The accounting of disclosures: what of a site or a person was told to whom (P6.2, P6.3)."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.models import Site
from comm100.core.tenancy import working_for
from comm100.core.tokens import BadToken, read_token
from mail.links import preferences_url
from operators.http import OperatorRequest
from operators.permissions import anybody, operator_may
from privacy.models import AgentDisclosure, LegalDisclosure
from visitors.models import Contact
from website.agency import DISCLOSURES, accounting_of

MOST = 200


@operator_may("journal:read")
@require_GET
def of_site(request: OperatorRequest) -> HttpResponse:
    """What law demanded of this site's data; at the company's own, also what agents were shown."""
    facts: dict[str, Any] = {
        "legal": LegalDisclosure.objects.filter(told_at__isnull=False).order_by("-id")[:MOST]
    }
    if request.site.is_company:
        rows = AgentDisclosure.objects.select_related("agent").order_by("-id")[:MOST]
        facts |= {"shown": rows, "has_agents": True}
    return render(request, "disclosures/site.html", facts)


@anybody
@require_GET
def of_person(request: HttpRequest, token: str) -> HttpResponse:
    """By a signed link, without sign-in: to whom the company showed this person's address."""
    try:
        site_id, contact_id = read_token(DISCLOSURES, token)
    except (BadToken, ValueError):
        return render(request, "website/bad_link.html", status=404)
    if site_id != Site.objects.company().pk:
        return render(request, "website/bad_link.html", status=404)
    with working_for(site_id, kind="public"):
        known = Contact.objects.filter(pk=contact_id).exists()
    facts: dict[str, Any] = {"shown": accounting_of(contact_id)}
    if known:
        facts["choices"] = preferences_url(settings.COMPANY_SLUG, site_id, contact_id)
    elif not facts["shown"]:
        return render(request, "website/bad_link.html", status=404)
    return render(request, "disclosures/person.html", facts)
