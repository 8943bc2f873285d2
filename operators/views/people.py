"""The people at work: list, role, removal, leaving, ownership."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from operators import operations
from operators.forms import HandoverForm, InvitationForm, RoleForm
from operators.http import OperatorRequest
from operators.models import Invitation, Operator
from operators.operations import Refused
from operators.permissions import operator_may


def colleague(request: OperatorRequest, number: int) -> Operator:
    """Somebody at work here, or 404."""
    people = Operator.objects.at_work().with_factors()
    people = people.select_related("user", "added_by__user")
    operator: Operator = get_object_or_404(people, number=number)
    operator.site = request.site
    return operator


def changeable(request: OperatorRequest, number: int) -> Operator:
    """Somebody whom this operator may change; admins do not touch owners."""
    operator = colleague(request, number)
    if not request.operator.may_change(operator):
        raise PermissionDenied
    return operator


@operator_may("operators:read")
def people(request: OperatorRequest) -> HttpResponse:
    return people_page(request, InvitationForm(by=request.operator))


def people_page(request: OperatorRequest, form: InvitationForm, status: int = 200) -> HttpResponse:
    """The list with the form to invite, which may hold what was typed and what is wrong."""
    me = request.operator
    may_write = "operators:write" in me.may_do
    rows = list(Operator.objects.for_list().with_factors())
    facts = {
        "people": [(o, may_write and me.may_change(o)) for o in rows],
        "factors": me.may("operators:write"),
        "with_factor": sum(o.has_factor for o in rows),
        "invitations": Invitation.objects.for_list(),
        "form": form,
        "may_write": may_write,
    }
    return render(request, "operators/people.html", facts, status=status)


@operator_may("operators:write")
def person(request: OperatorRequest, number: int) -> HttpResponse:
    """One operator: their role, and the way out."""
    operator = colleague(request, number)
    return _person_page(request, operator)


def _person_page(
    request: OperatorRequest, operator: Operator, problem: str = "", status: int = 200
) -> HttpResponse:
    facts = {
        "person": operator,
        "may_change": not request.site.is_closing and request.operator.may_change(operator),
        "form": RoleForm(by=request.operator, initial={"role": operator.role}),
        "problem": problem,
    }
    return render(request, "operators/person.html", facts, status=status)


@operator_may("operators:write")
@require_POST
def role(request: OperatorRequest, number: int) -> HttpResponse:
    operator = changeable(request, number)
    form = RoleForm(request.POST, by=request.operator)
    if not form.is_valid():
        return _person_page(request, operator, "Choose one of the roles.", 422)
    try:
        operations.change_role(operator, by=request.operator, role=form.cleaned_data["role"])
    except Refused as refusal:
        return _person_page(request, operator, str(refusal), 422)
    messages.success(request, f"{operator.user.name} has the new role.")
    return redirect("operators:people", request.site.slug)


@operator_may("operators:write")
@require_POST
def removal(request: OperatorRequest, number: int) -> HttpResponse:
    operator = changeable(request, number)
    try:
        operations.remove_operator(operator, by=request.operator)
    except Refused as refusal:
        return _person_page(request, operator, str(refusal), 422)
    messages.success(request, f"{operator.user.name} does not work here any more.")
    return redirect("operators:people", request.site.slug)


@operator_may("site:read")
@require_http_methods(["GET", "HEAD", "POST"])
def leaving(request: OperatorRequest) -> HttpResponse:
    """Leave the site; the last owner cannot."""
    if request.method != "POST":
        facts = {"is_needed": operations.is_only_owner(request.operator)}
        return render(request, "operators/leaving.html", facts)
    try:
        operations.leave(request.operator)
    except Refused as refusal:
        return render(request, "operators/leaving.html", {"problem": refusal}, status=422)
    messages.success(request, f"You left {request.site.name}.")
    return redirect("sites")


@operator_may("site:own")
@require_http_methods(["GET", "HEAD", "POST"])
def handover(request: OperatorRequest) -> HttpResponse:
    """Hand the site over to another operator, confirmed by password."""
    form = HandoverForm(request.POST or None, by=request.operator)
    if request.method != "POST":
        return render(request, "operators/handover.html", {"form": form})
    if form.is_valid():
        heir: Operator = form.cleaned_data["to"]
        try:
            operations.transfer_ownership(to=heir, by=request.operator)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            request.session.cycle_key()
            messages.success(request, f"{heir.user.name} owns {request.site.name} now.")
            return redirect("operators:people", request.site.slug)
    return render(request, "operators/handover.html", {"form": form}, status=422)
