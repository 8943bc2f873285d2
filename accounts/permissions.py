"""Who may enter a page that belongs to no site: every view wears one guard, and only one."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse

from accounts.models import User

View = Callable[..., HttpResponse]


class UserRequest(HttpRequest):
    """A request that passed `signed_in`."""

    user: User


def signed_in(view: Callable[..., HttpResponse]) -> View:
    """Let any user in; a stranger goes to sign-in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        return view(request, *args, **kwargs)

    setattr(guarded, "admits", "user")  # noqa: B010  read by tests/test_house.py
    return guarded


def proven_again(view: View) -> View:
    """Before something is changed the person proves who they are, unless they just did.

    The form that was sent waits meanwhile, and goes on after it.
    """
    guarded: View = reauthentication_required(allow_get=True)(view)
    return guarded


def anybody(view: Callable[..., HttpResponse]) -> View:
    """Let everybody in: public pages and signed links."""
    setattr(view, "admits", "anybody")  # noqa: B010
    return view
