"""Accepting an invitation, by the link in the letter or from the list of sites."""

from http import HTTPStatus
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.forms import JoiningForm
from accounts.models import User
from accounts.operations import register_invited
from comm100.core.tenancy import working_for
from comm100.core.tokens import ExpiredToken, read_token
from operators import operations
from operators.invitations import PURPOSE
from operators.models import Invitation, Role
from operators.permissions import anybody

GONE = HTTPStatus.GONE


@anybody
@require_http_methods(["GET", "HEAD", "POST"])
def joining(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind the link: what is offered, and the one button or form that accepts it."""
    try:
        site_id, number = read_token(PURPOSE, token)
    except ExpiredToken:
        return _gone(request, "expired")
    except ValueError:
        return _gone(request, "broken")
    with working_for(site_id, kind="public"):
        rows = Invitation.objects.select_related("site", "invited_by__user")
        if request.method == "POST":  # of two posts the second finds it accepted
            rows = rows.select_for_update(of=("self",))
        invitation = rows.filter(number=number).first()
        if invitation is None or invitation.site.is_closing or invitation.state != "open":
            state = invitation.state if invitation else "revoked"
            return _gone(request, "revoked" if state == "open" else state)
        return _offer(request, invitation)


def _gone(request: HttpRequest, why: str) -> HttpResponse:
    return render(request, "operators/joining_gone.html", {"why": why}, status=GONE)


def _offer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """To the one who was asked: join, sign in, or make an account. To another: a choice."""
    if request.user.is_authenticated:
        proven = EmailAddress.objects.filter(user_id=request.user.pk, verified=True)
        if proven.filter(email=invitation.email).exists():
            return _join_as_user(request, invitation, request.user)
        return _somebody_else(request, invitation)
    if User.objects.filter(email=invitation.email).exists():
        return _page(request, invitation, "sign_in")
    return _join_as_newcomer(request, invitation)


def _page(
    request: HttpRequest, invitation: Invitation, how: str, status: int = 200, **facts: Any
) -> HttpResponse:
    facts |= {"invitation": invitation, "how": how, "role": Role(invitation.role)}
    return render(request, "operators/joining.html", facts, status=status)


def _somebody_else(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """Signed in with another address: go on as that user, or sign out and come back."""
    if request.method == "POST":
        logout(request)
        return redirect(request.path)
    return _page(request, invitation, "somebody_else")


def _join_as_user(request: HttpRequest, invitation: Invitation, user: User) -> HttpResponse:
    if request.method != "POST":
        return _page(request, invitation, "join")
    operations.accept_invitation(invitation, by=user)
    request.session.cycle_key()
    messages.success(request, f"Welcome to {invitation.site.name}.")
    return redirect(invitation.site)


def _join_as_newcomer(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    """The link came to their own mailbox, so the address needs no second proof."""
    form = JoiningForm(
        request.POST or None, email=invitation.email, initial={"name": invitation.name}
    )
    if request.method != "POST":
        return _page(request, invitation, "new", form=form)
    if not form.is_valid():
        return _page(request, invitation, "new", status=422, form=form)
    user = register_invited(email=invitation.email, **form.cleaned_data)
    operations.accept_invitation(invitation, by=user)
    messages.success(request, f"Welcome to {invitation.site.name}.")
    home = invitation.site.get_absolute_url()
    answer: HttpResponse = perform_login(request, user, redirect_url=home)
    return answer
