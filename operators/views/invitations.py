"""Inviting: what those who ask do."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from operators import operations
from operators.forms import InvitationForm
from operators.http import OperatorRequest
from operators.models import Invitation
from operators.operations import Refused
from operators.permissions import operator_may
from operators.views.people import people_page


@operator_may("operators:write")
@require_POST
def invite(request: OperatorRequest) -> HttpResponse:
    """Ask somebody to join; on a mistake the page comes back with what was typed."""
    form = InvitationForm(request.POST, by=request.operator)
    if form.is_valid():
        try:
            invitation = operations.invite(by=request.operator, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("email", str(refusal))
        else:
            messages.success(request, f"The invitation to {invitation.email} is on its way.")
            return redirect("operators:people", request.site.slug)
    return people_page(request, form, status=422)


def pending(number: int) -> Invitation:
    found: Invitation = get_object_or_404(Invitation.objects.pending(), number=number)
    return found


@operator_may("operators:write")
@require_POST
def again(request: OperatorRequest, number: int) -> HttpResponse:
    invitation = pending(number)
    try:
        operations.invite_again(invitation, by=request.operator)
        messages.success(request, f"Sent again to {invitation.email}. It lasts seven days.")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("operators:people", request.site.slug)


@operator_may("operators:write")
@require_POST
def revocation(request: OperatorRequest, number: int) -> HttpResponse:
    invitation = pending(number)
    operations.revoke_invitation(invitation, by=request.operator)
    messages.success(request, f"The invitation to {invitation.email} is withdrawn.")
    return redirect("operators:people", request.site.slug)
