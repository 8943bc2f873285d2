"""A person's own data: what is held of them, a copy of it, and closing the account."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.permissions import UserRequest, anybody, signed_in
from operators.operations import Refused, only_owner_of
from privacy.copying import Part, summary
from privacy.models import AccountCopy
from privacy.operations import account as operations
from privacy.people import parts_of_user
from privacy.views.copies import send_copy


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def overview(request: UserRequest) -> HttpResponse:
    """What is held, place by place; POST asks for a copy of all of it."""
    if request.method == "POST":
        operations.ask_account_copy(request.user)
        messages.success(request, "The copy is being made. It stands here in a moment.")
        return redirect("account_data:overview")
    facts = {
        "places": _held(request),
        "copies": AccountCopy.objects.kept().filter(user=request.user),
    }
    return render(request, "account_data/overview.html", facts)


@signed_in
@require_safe
def download(request: UserRequest, copy: int) -> HttpResponse:
    found = AccountCopy.objects.kept().filter(user=request.user, pk=copy).first()
    return send_copy(found, name="your-account-data")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@never_cache
def erasure(request: UserRequest) -> HttpResponse:
    """Asks once, says what stands in the way and what stays; a password or a second factor."""
    if request.method == "POST":
        try:
            operations.close_account(request.user)
        except Refused as refusal:
            return _ask(request, problem=str(refusal), status=422)
        logout(request)
        return redirect("account_data:closed")
    return _ask(request)


@anybody
@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    return render(request, "account_data/closed.html")


def _ask(request: UserRequest, *, problem: str = "", status: int = 200) -> HttpResponse:
    held = [holding for _, rows in _held(request) for holding, _ in rows]
    facts = {
        "problem": problem,
        "obstacles": operations.obstacles(request.user),
        "owned": only_owner_of(request.user.pk),
        "stays": list(
            {h.label: h for h in held if h.stays and h.label != "accounts.Site"}.values()
        ),
    }
    return render(request, "account_data/erasure.html", facts, status=status)


def _held(request: UserRequest) -> list[tuple[Part, Any]]:
    """The account first, then each site."""
    places = []
    for part in parts_of_user(request.user)[::-1]:
        with part.scope():
            if rows := summary(part.person):
                places.append((part, rows))
    return places
