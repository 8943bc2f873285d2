"""Who may enter a page: every view wears exactly one of these."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from accounts.permissions import View, anybody, signed_in
from operators.http import OperatorRequest

__all__ = ["View", "anybody", "operator_may", "signed_in", "while_closing"]


def while_closing(view: View) -> View:
    """Also while the site is closing, when all else can only be read (operators/middleware.py)."""
    setattr(view, "works_while_closing", True)  # noqa: B010
    return view


def operator_may(permission: str) -> Callable[[Callable[..., HttpResponse]], View]:
    """Let an operator with `permission` in.

    A stranger goes to sign-in; a user who does not work here gets 404, as if the site were not
    there; an operator without the permission gets 403 (the site is no secret to them).
    """

    def decorate(view: Callable[..., HttpResponse]) -> View:
        @wraps(view)
        def guarded(request: OperatorRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            if request.operator is None:
                raise Http404
            if not request.operator.may(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        setattr(guarded, "admits", permission)  # noqa: B010  read by tests/test_house.py
        return guarded

    return decorate
