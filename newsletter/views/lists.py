"""Lists: see them, make one, change it, remove it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from newsletter.forms.lists import ListForm, MemberForm
from newsletter.models import NewsletterList
from newsletter.operations import lists as operations
from newsletter.views.members import list_facts
from operators.http import OperatorRequest
from operators.permissions import operator_may


def list_for(number: int) -> NewsletterList:
    """The list of this site, else 404."""
    return get_object_or_404(NewsletterList.objects.kept(), number=number)


@operator_may("newsletter:read")
def show_all(request: OperatorRequest) -> HttpResponse:
    lists = NewsletterList.objects.for_list()
    return render(request, "newsletter/lists.html", {"lists": lists})


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def new(request: OperatorRequest) -> HttpResponse:
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = operations.make_list(by=request.operator, **form.cleaned_data)
        messages.success(request, f"The list “{made.name}” is ready. Put people on it.")
        return redirect("newsletter:list", request.site.slug, made.number)
    status = 422 if form.errors else 200
    return render(request, "newsletter/list_form.html", {"form": form}, status=status)


@operator_may("newsletter:read")
def show(request: OperatorRequest, number: int) -> HttpResponse:
    newsletter_list = list_for(number)
    facts = {"form": MemberForm(kind=newsletter_list.kind), **list_facts(newsletter_list, request)}
    template = "newsletter/list.html#members" if request.htmx else "newsletter/list.html"
    return render(request, template, facts)


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def edit(request: OperatorRequest, number: int) -> HttpResponse:
    newsletter_list = list_for(number)
    form = ListForm(request.POST or None, instance=newsletter_list)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "The list is saved.")
        return redirect("newsletter:list", request.site.slug, number)
    facts = {"form": form, "list": newsletter_list}
    return render(request, "newsletter/list_form.html", facts, status=422 if form.errors else 200)


@operator_may("newsletter:write")
@require_http_methods(["GET", "POST"])
def remove(request: OperatorRequest, number: int) -> HttpResponse:
    """GET asks once, POST removes."""
    newsletter_list = list_for(number)
    facts = {"list": newsletter_list}
    if request.method == "GET":
        return render(request, "newsletter/list_remove.html", facts)
    try:
        operations.remove_list(newsletter_list, by=request.operator)
    except operations.ListInUse:
        facts["in_use"] = newsletter_list
        return render(request, "newsletter/list_remove.html", facts, status=422)
    messages.success(request, f"The list “{newsletter_list.name}” is removed.")
    return redirect("newsletter:lists", request.site.slug)
