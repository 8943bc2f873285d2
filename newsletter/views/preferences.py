"""What one gets, chosen by the signed link of a mail; no sign-in, no script (P7.1)."""

import json
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from comm100.core.tokens import BadToken
from mail.links import Mailed, read_preferences
from newsletter.forms.preferences import PreferencesForm
from newsletter.operations import preferences as operations
from newsletter.receipts import history_of, receipts_of
from newsletter.views.subscription import bad_link
from operators.http import SiteRequest
from operators.permissions import anybody, while_closing
from visitors.models import MAIL_KINDS, Contact


@anybody
@while_closing
@csrf_exempt  # the token in the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: SiteRequest, token: str) -> HttpResponse:
    """GET shows and changes nothing: link scanners open everything."""
    found = _found(request, token)
    if found is None:
        return bad_link(request)
    mailed, contact = found
    form = preferences_form(contact, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        sender = operations.Sender(contact, request.site, mailing_id=mailed.mailing_id or None)
        operations.save_preferences(contact, form.wish(), sender=sender)
        return redirect(f"{request.path}?saved=1")
    facts = preference_facts(contact, form, request.site)
    facts |= {"saved": "saved" in request.GET, "token": token}
    return render(request, "newsletter/preferences.html", facts, status=422 if form.errors else 200)


@anybody
@while_closing
@require_safe
def receipts(request: SiteRequest, token: str) -> HttpResponse:
    """Every receipt in a file, by the same link."""
    found = _found(request, token)
    if found is None:
        return bad_link(request)
    return receipts_file(receipts_of(found[1], request.site))


def receipts_file(facts: dict[str, Any]) -> HttpResponse:
    text = json.dumps(facts, ensure_ascii=False, indent=2)
    answer = HttpResponse(text, content_type="application/json")
    answer["Content-Disposition"] = 'attachment; filename="receipts.json"'
    answer["Cache-Control"] = "private, no-store"
    return answer


def preferences_form(contact: Contact | None, data: Any = None) -> PreferencesForm:
    """The form for one contact of the site in context, or somebody who is none, with what holds."""
    if contact is None:
        return PreferencesForm(data, offered=operations.public_lists())
    return PreferencesForm(
        data,
        offered=operations.lists_to_choose(contact),
        on=operations.open_kinds(contact),
        chosen=operations.lists_of(contact),
    )


def preference_facts(contact: Contact | None, form: PreferencesForm, site: Any) -> dict[str, Any]:
    return {
        "form": form,
        "contact": contact,
        "boxes": form.boxes(site.name),
        "gets_mail": bool(set(form.on) & set(MAIL_KINDS)),
        "history": history_of(contact, site) if contact else [],
    }


def _found(request: SiteRequest, token: str) -> tuple[Mailed, Contact] | None:
    """Whom the link is about; None when it is not ours, or of another site."""
    try:
        mailed = read_preferences(token)
    except BadToken:
        return None
    contact = Contact.objects.filter(pk=mailed.contact_id).first()
    if mailed.site_id != request.site.pk or contact is None:
        return None
    return mailed, contact
