"""Pages on custom fields: the list with a form to add one, rename, remove."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from operators.http import OperatorRequest
from operators.permissions import operator_may
from visitors.forms.field import FieldForm
from visitors.models import CustomField
from visitors.operations import field as operations

TOO_MANY = f"A site can have {operations.MOST_FIELDS} custom fields. Remove one first."


@operator_may("contacts:write")
def fields(request: OperatorRequest) -> HttpResponse:
    form = FieldForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = operations.add_field(label=form.cleaned_data["label"], by=request.operator)
        except operations.TooManyFields:
            form.add_error("label", TOO_MANY)
        else:
            messages.success(request, f"Contacts have a field “{made.label}”.")
            return redirect("visitors:fields", request.site.slug)
    facts = {"form": form, "fields": CustomField.objects.order_by("label")}
    status = 422 if request.method == "POST" else 200
    return render(request, "visitors/fields.html", facts, status=status)


@operator_may("contacts:write")
def field(request: OperatorRequest, key: str) -> HttpResponse:
    """Rename; the key stays."""
    custom = get_object_or_404(CustomField.objects, key=key)
    form = FieldForm(request.POST or None, initial={"label": custom.label})
    if request.method == "POST" and form.is_valid():
        operations.rename_field(custom, label=form.cleaned_data["label"], by=request.operator)
        messages.success(request, "Renamed.")
        return redirect("visitors:fields", request.site.slug)
    status = 422 if request.method == "POST" else 200
    return render(request, "visitors/field.html", {"form": form, "field": custom}, status=status)


@operator_may("contacts:write")
def field_remove(request: OperatorRequest, key: str) -> HttpResponse:
    custom = get_object_or_404(CustomField.objects, key=key)
    if request.method == "POST":
        label = custom.label
        operations.remove_field(custom, by=request.operator)
        messages.success(request, f"The field “{label}” is removed, its values are being erased.")
        return redirect("visitors:fields", request.site.slug)
    return render(request, "visitors/field_remove.html", {"field": custom})
