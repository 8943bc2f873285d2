"""Who may enter a page: every view wears exactly one of these."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from operators.http import OperatorRequest

View = Callable[..., HttpResponse]


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


def signed_in(view: Callable[..., HttpResponse]) -> View:
    """Let any user in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return view(request, *args, **kwargs)

    setattr(guarded, "admits", "user")  # noqa: B010
    return guarded


def anybody(view: Callable[..., HttpResponse]) -> View:
    """Let everybody in: public pages and signed links."""
    setattr(view, "admits", "anybody")  # noqa: B010
    return view
