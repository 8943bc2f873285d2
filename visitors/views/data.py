"""Data of one contact, for operators: what is held, copies, erasing."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from comm100.core.journal import record
from operators.http import OperatorRequest
from operators.permissions import operator_may
from privacy.views.copies import can_be_sent, send_copy
from visitors.held import facts_of
from visitors.models import ContactCopy
from visitors.operations.copies import ask_copy
from visitors.operations.erasing import ask_erasure
from visitors.views.contact import contact_for


@operator_may("contacts:copy")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def contact_data(request: OperatorRequest, number: int) -> HttpResponse:
    """What is held of them in plain words; POST asks for a copy of all of it."""
    contact = contact_for(number)
    if request.method == "POST":
        ask_copy(contact, by=request.operator)
        messages.success(request, "The copy is being made. It stands here in a moment.")
        return redirect("visitors:contact_data", request.site.slug, number)
    return render(request, "visitors/data.html", facts_of(contact))


@operator_may("contacts:copy")
@require_safe
def contact_copy(request: OperatorRequest, number: int, copy: int) -> HttpResponse:
    """The ZIP of a copy that an operator asked for; the journal has who fetched it."""
    contact = contact_for(number)
    rows = ContactCopy.objects.kept().filter(contact=contact, number=copy)
    found = rows.filter(asked_by__startswith="operator:").first()
    if found is None or not can_be_sent(found):
        messages.warning(request, "That copy is not there any more. Make another one.")
        return redirect("visitors:contact_data", request.site.slug, number)
    answer = send_copy(found, name=f"{request.site.slug}-contact-{number}")
    record("contact.copy_fetched", contact, by=request.operator, number=number)
    return answer


@operator_may("contacts:erase")
@require_http_methods(["GET", "HEAD", "POST"])
def contact_erasure(request: OperatorRequest, number: int) -> HttpResponse:
    """Asks once, says what stays; then all that the site holds of them goes."""
    contact = contact_for(number)
    if request.method != "POST":
        return render(request, "visitors/erasure.html", facts_of(contact))
    ask_erasure(contact, by=request.operator, tell="tell" in request.POST)
    messages.success(request, f"{contact.label} is being erased. It takes a moment.")
    return redirect("visitors:contacts", request.site.slug)
