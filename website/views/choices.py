"""A signed-in person's choices about the company itself, as by the link of a mail (P7.1)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Site
from accounts.permissions import UserRequest, signed_in
from comm100.core.tenancy import working_for
from newsletter.operations.preferences import Sender, save_preferences
from newsletter.receipts import receipts_of
from newsletter.views.preferences import preference_facts, preferences_form, receipts_file
from visitors.models import Receipt, Source
from visitors.operations import identify
from website.members import contact_of, introduce


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def choices(request: UserRequest) -> HttpResponse:
    """GET makes nobody known; who saves is a contact of the company from then on."""
    company = Site.objects.company()
    with working_for(company.pk, kind="public"):
        contact = contact_of(request.user)
        form = preferences_form(contact, request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            sender = Sender(request.user, company, where=Receipt.Where.ACCOUNT)
            contact = contact or introduce(request.user) or _known_again(request)
            save_preferences(contact, form.wish(), sender=sender)
            messages.success(request, "Your choices are saved.")
            return redirect("website:choices")
        facts: dict[str, Any] = preference_facts(contact, form, company)
        facts |= {"site_name": company.name, "needs_token": True}
        facts["receipts_url"] = reverse("website:receipts")
        status = 422 if form.errors else 200
        return render(request, "website/choices.html", facts, status=status)


@signed_in
@require_safe
def receipts(request: UserRequest) -> HttpResponse:
    company = Site.objects.company()
    with working_for(company.pk, kind="public"):
        contact = contact_of(request.user)
        return receipts_file(receipts_of(contact, company) if contact else {"receipts": []})


def _known_again(request: UserRequest) -> Any:
    """They had their contact erased, and choose again."""
    user = request.user
    return identify(email=user.email, name=user.name, source=Source.ACCOUNT)
