"""Grants in the staff admin: ask, agree, work under one, close it (P9.3)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import User
from comm100.core.staff import freshly_confirmed, staff_may, staff_page
from privacy import grants as found
from privacy.alerting import open_alerts
from privacy.forms.grants import GrantForm, RecordForm
from privacy.granting import column_for, kinds
from privacy.models import AccessGrant
from privacy.operations import grant as operations

WORK = found.WORK
LATELY = 20


class StaffRequest(HttpRequest):
    """A request that passed `staff_may`."""

    user: User


@staff_may(WORK)
@require_GET
@never_cache
def index(request: StaffRequest) -> HttpResponse:
    """Mine, those that wait for a colleague, those that run, those that are over."""
    running = list(found.all_grants().active())
    facts = {
        "mine": [grant for grant in running if grant.staff_id == request.user.pk],
        "others": [grant for grant in running if grant.staff_id != request.user.pk],
        "waiting": found.all_grants().waiting(),
        "over": found.all_grants().over()[:LATELY],
        "alerts": open_alerts().count(),
    }
    return staff_page(request, "staff/grants/index.html", facts)


@staff_may(WORK)
@freshly_confirmed
@never_cache
def new(request: StaffRequest) -> HttpResponse:
    form = GrantForm(request.POST or None, initial={"site": request.GET.get("site", "")})
    if request.method == "POST" and form.is_valid():
        try:
            grant = operations.open_grant(**form.cleaned_data, by=request.user)
        except operations.GrantRefused as refused:
            form.add_error(None, f"The database refused it: {refused}.")
        else:
            return redirect("access:grant", grant.pk)
    return _form_page(request, "staff/grants/new.html", form)


@staff_may(WORK)
@require_GET
@never_cache
def show(request: StaffRequest, grant: int) -> HttpResponse:
    one = _grant_or_404(grant)
    return _grant_page(request, one, _record_form(None, {"kind": request.GET.get("kind", "")}))


@staff_may(WORK)
@require_POST
@freshly_confirmed
@never_cache
def open_record(request: StaffRequest) -> HttpResponse:
    """Into the journal first; the page that it leads to reads in a transaction of its own."""
    given = request.POST.get("grant", "")
    grant = found.grant_at_work(request.user, int(given) if given.isdecimal() else None)
    if grant is None:
        messages.warning(request, "That grant is over, or it is not yours.")
        return redirect("access:grants")
    form = _record_form(request.POST)
    if form.is_valid():
        url = _declared(form, grant, request.user, by_id="by_id" in request.POST)
        if url:
            return redirect(url)
    return _grant_page(request, grant, form, status=422)


def _declared(form: RecordForm, grant: AccessGrant, user: User, *, by_id: bool) -> str:
    """Where the declared record shows; "" with an error in the form."""
    page, key = kinds()[form.cleaned_data["kind"]], form.cleaned_data["key"]
    named = ("id", key) if by_id and key.isdecimal() else column_for(page.model, key)
    if named is None:
        form.add_error("key", "Type its number, or the e-mail address of a contact.")
        return ""
    try:
        pk = operations.declare_record(grant, page.model, *named, fields=page.shown, by=user)
    except operations.GrantRefused as refused:
        form.add_error(None, f"The database refused it: {refused}.")
        return ""
    if pk is None:
        form.add_error("key", "The site has no such record. The journal says that you looked.")
        return ""
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return f"{reverse(name, args=[pk])}?grant={grant.pk}"


@staff_may(WORK)
@require_POST
@freshly_confirmed
def approve(request: StaffRequest, grant: int) -> HttpResponse:
    """The second person."""
    try:
        operations.approve_grant(_grant_or_404(grant), by=request.user)
        messages.success(request, "You agreed. The grant’s time runs from now on.")
    except operations.GrantRefused:
        messages.warning(request, "That grant does not wait for you.")
    return redirect("access:grants")


@staff_may(WORK)
@require_POST
def close(request: StaffRequest, grant: int) -> HttpResponse:
    one = _grant_or_404(grant)
    operations.close_grant(one, by=request.user)
    messages.success(request, _ended_in_words(one, by=request.user))
    return redirect("access:grants")


def _ended_in_words(before: AccessGrant, *, by: User) -> str:
    if not before.is_waiting:
        return "The grant is closed. It shows nothing any more."
    if before.staff_id == by.pk:
        return "You took it back. Nothing was opened under it."
    return f"You refused. {before.staff.name} opens nothing under it."


def _grant_or_404(pk: int) -> AccessGrant:
    grant: AccessGrant | None = found.all_grants().filter(pk=pk).first()
    if grant is None:
        raise Http404
    return grant


def _record_form(data: Any, initial: dict[str, str] | None = None) -> RecordForm:
    names = [(key, str(page.opts.verbose_name).capitalize()) for key, page in kinds().items()]
    return RecordForm(data, initial=initial, kinds=names)


def _grant_page(
    request: StaffRequest, grant: AccessGrant, form: RecordForm, *, status: int = 200
) -> HttpResponse:
    opened = found.opened_under(grant)
    facts = {
        "grant": grant,
        "form": form,
        "opened": opened,
        "left": max(100 - len(opened), 0),
        "is_mine": grant.staff_id == request.user.pk,
    }
    return staff_page(request, "staff/grants/grant.html", facts, status=status)


def _form_page(request: StaffRequest, template: str, form: Any) -> HttpResponse:
    return staff_page(request, template, {"form": form}, status=422 if form.errors else 200)
