"""Put contacts that a site knows on a list, as many as a filter finds."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from newsletter.operations import adding
from newsletter.views.lists import list_for
from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.filters import choices_for, wishes_in
from visitors.models import CustomField, Kind


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def contacts(request: OperatorRequest, number: int) -> HttpResponse:
    """GET says how many it would be, or how far it is; POST begins."""
    newsletter_list = list_for(number)
    given = request.POST if request.method == "POST" else request.GET
    wishes = wishes_in(given, request.operator)
    if request.method == "POST":
        if not adding.add_contacts(newsletter_list, wishes, by=request.operator):
            messages.warning(request, "This list is being filled already.")
        return redirect("newsletter:list_contacts", request.site.slug, number)
    if newsletter_list.is_being_filled:
        return _progress(request, {"list": newsletter_list})
    facts = {
        "list": newsletter_list,
        "filters": choices_for(request.operator, given),
        "custom": list(CustomField.objects.order_by("label")),
        "wishes": wishes,
        "count": adding.count_to_add(newsletter_list, wishes),
        "most": adding.MOST_COUNTED,
        "is_for_partners": newsletter_list.kind == Kind.PARTNER,
    }
    response = render(request, "newsletter/list_contacts.html", facts)
    if request.htmx and not request.htmx.boosted:
        response["HX-Refresh"] = "true"  # it is over: show how many
    return response


def _progress(request: OperatorRequest, facts: dict[str, object]) -> HttpResponse:
    part = "#progress" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"newsletter/list_filling.html{part}", facts)
