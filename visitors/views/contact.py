"""Pages on contacts: the list, one with its timeline, new, edit."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from comm100.core.paging import page_by_key
from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors import operations
from visitors.filters import choices_for
from visitors.forms.contact import ContactForm
from visitors.models import SEARCH_MOST, Contact, ContactEvent, ContactQuerySet, CustomField
from visitors.operations import AddressTaken
from visitors.operations.erasing import is_going
from visitors.panels import panels_for

TIMELINE_SIZE = 20
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def contact_for(number: int) -> Contact:
    """A contact of the site in context; another site's is not there."""
    return get_object_or_404(Contact.objects.select_related("imported_by"), number=number)


@operator_may("contacts:read")
def contacts(request: OperatorRequest) -> HttpResponse:
    filters = choices_for(request.operator, request.GET)
    narrowed = _narrowed(Contact.objects.for_list(), request, filters)
    is_filtered = bool(request.GET.get("value")) or any(one["value"] for one in filters)
    facts = {
        "page": page_by_key(narrowed, request, key="number"),
        "total": operations.contact_count(),
        "query": request.GET.get("q", "").strip(),
        "filters": filters,
        "custom": list(CustomField.objects.order_by("label")),
        "is_filtered": is_filtered,
        "is_narrowed": is_filtered or bool(request.GET.get("q")),
        "search_most": SEARCH_MOST,
    }
    part = "#rows" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"visitors/contacts.html{part}", facts)


def _narrowed(
    rows: ContactQuerySet, request: OperatorRequest, filters: list[dict[str, Any]]
) -> ContactQuerySet:
    if query := request.GET.get("q", "").replace("\0", "").strip()[:100]:
        rows = rows.found(query)
    field, value = request.GET.get("field", ""), request.GET.get("value", "").strip()[:1000]
    if value and CustomField.objects.filter(key=field).exists():
        rows = rows.with_value(field, value.replace("\0", ""))
    for one in filters:
        if one["value"] in {value for value, _ in one["choices"]}:
            rows = one["filter"].narrow(rows, one["value"])
    return rows


@operator_may("contacts:read")
def contact(request: OperatorRequest, number: int) -> HttpResponse:
    person = contact_for(number)
    events, older = _timeline(person, request.GET.get("until", ""))
    labels = dict(CustomField.objects.order_by("label").values_list("key", "label"))
    facts = {
        "contact": person,
        "events": events,
        "older": older,
        "values": [(label, person.fields.get(key)) for key, label in labels.items()],
        "panels": panels_for(person, request.operator),
        "is_going": is_going(person),
    }
    part = "#timeline" if request.htmx and request.GET.get("until") else ""
    return render(request, f"visitors/contact.html{part}", facts)


def _timeline(person: Contact, until: str) -> tuple[list[ContactEvent], int]:
    """Events newest first; where the next page starts: microseconds of Unix time, 0 at the end."""
    rows = ContactEvent.objects.filter(contact=person).order_by("-at")
    if until.isdecimal() and len(until) < 17:  # noqa: PLR2004  digits, until the year 2286
        rows = rows.filter(at__lt=EPOCH + timedelta(microseconds=int(until)))
    found = list(rows[: TIMELINE_SIZE + 1])
    shown = found[:TIMELINE_SIZE]
    more = len(found) > TIMELINE_SIZE
    return shown, (shown[-1].at - EPOCH) // timedelta(microseconds=1) if more else 0


@operator_may("contacts:write")
def contact_new(request: OperatorRequest) -> HttpResponse:
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = operations.add_contact(
                **form.facts(), agreement=form.agreement(), by=request.operator
            )
        except AddressTaken as taken:
            return _refuse_taken(request, form, taken)
        messages.success(request, f"{person.label} is a contact now.")
        return redirect(person)
    return _form(request, form)


@operator_may("contacts:write")
def contact_edit(request: OperatorRequest, number: int) -> HttpResponse:
    person = contact_for(number)
    form = ContactForm(request.POST or None, contact=person)
    if request.method == "POST" and form.is_valid():
        try:
            operations.change_contact(person, **form.facts(), by=request.operator)
            consent, note = form.agreement()
            operations.change_consent(person, consent=consent, note=note, by=request.operator)
        except AddressTaken as taken:
            return _refuse_taken(request, form, taken)
        messages.success(request, "Saved.")
        return redirect(person)
    return _form(request, form)


def _refuse_taken(request: OperatorRequest, form: ContactForm, taken: AddressTaken) -> HttpResponse:
    form.add_error("email", "Another contact has this address already.")
    return _form(request, form, taken=taken.contact)


def _form(
    request: OperatorRequest, form: ContactForm, taken: Contact | None = None
) -> HttpResponse:
    facts = {"form": form, "contact": form.contact, "taken": taken}
    status = 422 if request.method == "POST" else 200
    return render(request, "visitors/contact_form.html", facts, status=status)
