"""Who is on a list: search, add, take off."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_POST

from comm100.core.paging import page_by_key
from newsletter.forms.lists import MemberForm
from newsletter.models import NewsletterList, Subscriber
from newsletter.operations import members as operations
from newsletter.searching import contacts_found
from operators.http import OperatorRequest
from operators.permissions import operator_may

STATES = {str(state.value): state for state in Subscriber.State}


def list_facts(newsletter_list: NewsletterList, request: OperatorRequest) -> dict[str, Any]:
    """What the page of a list shows: its form, and one page of its members in one state."""
    path = reverse("newsletter_public:subscribe", args=[request.site.slug, newsletter_list.slug])
    form_url = f"{settings.PUBLIC_URL}{path}"
    snippet = render_to_string(
        "newsletter/snippet.html", {"form_url": form_url, "site": request.site}
    )
    return {
        "list": newsletter_list,
        "states": Subscriber.State,
        "may_write": "newsletter:write" in request.operator.may_do,
        "form_url": form_url,
        "snippet": snippet.strip(),
        **_members(newsletter_list, request),
    }


def _members(newsletter_list: NewsletterList, request: HttpRequest) -> dict[str, Any]:
    state = STATES.get(request.GET.get("state", ""), Subscriber.State.SUBSCRIBED)
    words = request.GET.get("q", "").strip()
    rows = Subscriber.objects.filter(list=newsletter_list, state=state).select_related("contact")
    if words:
        rows = rows.filter(contact__in=contacts_found(words))
    return {
        "members": page_by_key(rows, request, key="contact_id"),
        "state": state,
        "q": words,
    }


@operator_may("newsletter:write")
@require_POST
def add(request: OperatorRequest, number: int) -> HttpResponse:
    newsletter_list = get_object_or_404(NewsletterList.objects.kept(), number=number)
    form = MemberForm(request.POST, kind=newsletter_list.kind)
    if form.is_valid():
        try:
            operations.add_member(
                newsletter_list,
                form.contact,
                by=request.operator,
                origin=form.cleaned_data["origin"],
            )
        except operations.ContactLeft:
            form.add_error(
                "email", "This person unsubscribed. Only they can come back, with your form."
            )
        except operations.OwnWordNeeded:
            form.add_error(
                "email", "To offers of partners they say yes themselves: share the form."
            )
        else:
            messages.success(request, f"{form.contact.label} is on the list.")
            return redirect("newsletter:list", request.site.slug, number)
    facts = {"form": form, **list_facts(newsletter_list, request)}
    return render(request, "newsletter/list.html", facts, status=422)


@operator_may("newsletter:write")
@require_POST
def remove(request: OperatorRequest, number: int, contact: int) -> HttpResponse:
    place = get_object_or_404(
        Subscriber.objects.select_related("contact", "list"),
        list__number=number,
        list__removed_at=None,
        contact__number=contact,
    )
    operations.remove_member(place, by=request.operator)
    messages.success(
        request, f"{place.contact.label} is off the list. The form there adds people again."
    )
    return redirect("newsletter:list", request.site.slug, number)
