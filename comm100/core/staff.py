"""The staff admin: one django-unfold site for the company's own people, at /staff/.

Other apps add to it from below: `offer_staff_place` for the side bar, `offer_panel` for the
first page, `staff_may` for pages of their own. It shows account data and the moderation queue.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin.apps import AdminConfig
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

View = Callable[..., HttpResponse]
FRESH = timedelta(minutes=15)  # a second factor, before anything about user data
ALPINE = {"script-src": ["'unsafe-eval'"]}  # docs/decisions/0010-staff-csp.md


@dataclass(frozen=True, kw_only=True)
class StaffPlace:
    """An entry of the side bar; `badge` tells a number worth seeing, 0 for none."""

    label: str
    url_name: str
    icon: str  # a Material symbol
    permission: str  # Django's `app.verb_model`
    order: int = 100
    badge: Callable[[], int] | None = None
    has_own_page: bool = False  # rendered by `staff_page`, outside django-unfold


@dataclass(frozen=True, kw_only=True)
class Panel:
    """A part of the first page: a template and what it is given."""

    template: str
    facts: Callable[[], dict[str, Any]]
    permission: str
    order: int = 100


_places: list[StaffPlace] = []
_panels: list[Panel] = []


def offer_staff_place(place: StaffPlace) -> None:
    _places.append(place)
    _places.sort(key=lambda p: p.order)


def offer_panel(panel: Panel) -> None:
    _panels.append(panel)
    _panels.sort(key=lambda p: p.order)


def places_for_staff(user: Any) -> list[StaffPlace]:
    return [place for place in _places if user.has_perm(place.permission)]


def side_bar(request: HttpRequest) -> list[dict[str, Any]]:
    """What django-unfold shows at the side (settings.UNFOLD)."""
    items = [
        {
            "title": place.label,
            "icon": place.icon,
            "link": reverse(place.url_name),
            "badge": (place.badge() if place.badge else 0) or None,
        }
        for place in places_for_staff(request.user)
    ]
    home = {"title": "Overview", "icon": "home", "link": reverse("admin:index")}
    return [{"items": [home, *items]}]


def first_page(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fill the first page of the admin (settings.UNFOLD)."""
    mine = [panel for panel in _panels if request.user.has_perm(panel.permission)]
    return context | {"panels": [(panel.template, panel.facts()) for panel in mine]}


def staff_page(
    request: HttpRequest, template: str, facts: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page of our own: it extends staff/page.html and keeps the product's policy."""
    places = [
        {"label": place.label, "url": reverse(place.url_name)}
        for place in places_for_staff(request.user)
        if place.has_own_page
    ]
    around = [place for place in places if request.path.startswith(place["url"])]
    if around:  # the closest: audits lie below grants
        max(around, key=lambda place: len(place["url"]))["is_here"] = "page"
    return render(request, template, facts | {"staff_places": places}, status=status)


def staff_only(view: View) -> View:
    """Let the company's people in, after a second factor; for others the page is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Django loads this module with the app registry, before there are models
        from django.contrib.auth.views import redirect_to_login  # noqa: PLC0415

        user: Any = request.user
        if not user.is_authenticated:
            return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
        if not (user.is_active and user.is_staff):
            raise Http404
        return _second_factor_first(request) or view(request, *args, **kwargs)

    setattr(guarded, "admits", "staff")  # noqa: B010  read by tests/test_house.py
    return guarded


def staff_may(permission: str) -> Callable[[View], View]:
    """Let staff with one of Django's permissions in (`newsletter.add_decision`); else 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return staff_only(guarded)

    return decorate


def freshly_confirmed(view: View) -> View:
    """Ask for the second factor again when it was given longer ago than FRESH.

    A form that was sent is kept meanwhile, and goes on after it.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        from allauth.account.internal.flows.reauthentication import (  # noqa: PLC0415
            suspend_request,
        )

        if _is_fresh(request):
            return view(request, *args, **kwargs)
        answer: HttpResponse = suspend_request(request, reverse("mfa_reauthenticate"))
        return answer

    return guarded


def _is_fresh(request: HttpRequest) -> bool:
    from allauth.account.authentication import get_authentication_records  # noqa: PLC0415

    if settings.DEMO:
        return True
    steps = get_authentication_records(request, request.user)
    given = max((step["at"] for step in steps if step["method"] == "mfa"), default=0)
    return bool(time.time() - given < FRESH.total_seconds())


def _second_factor_first(request: HttpRequest) -> HttpResponse | None:
    """Where to go for the second factor; None when this session passed it (or in the demo)."""
    from allauth.account.authentication import get_authentication_records  # noqa: PLC0415
    from allauth.mfa.utils import is_mfa_enabled  # noqa: PLC0415

    if settings.DEMO:
        return None
    user: Any = request.user
    if not is_mfa_enabled(user):
        messages.warning(request, "Staff sign in with a second factor. Set one up to go on.")
        return redirect("mfa_index")
    if any(step["method"] == "mfa" for step in get_authentication_records(request, user)):
        return None
    here = {"next": request.get_full_path()}
    return redirect(f"{reverse('mfa_reauthenticate')}?{urlencode(here)}")


class StaffSite(UnfoldAdminSite):
    """Sign-in, sign-out and passwords are allauth's: throttled, with a second factor."""

    enable_nav_sidebar = True

    def register(self, models: Any, admin_class: Any = None, **options: Any) -> None:
        """Only what we chose to show: pages that libraries register for themselves are left out."""
        if getattr(admin_class, "for_staff", False):
            super().register(models, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_active and user.is_staff)

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = staff_only(super().admin_view(view, cacheable))

        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            answer = inner(request, *args, **kwargs)
            setattr(answer, "_csp_update", ALPINE)  # noqa: B010  django-csp's own name
            return answer

        setattr(guarded, "admits", "staff")  # noqa: B010
        return guarded

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return staff_only(lambda _: redirect("admin:index"))(request)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        @require_POST
        def leave(request: HttpRequest) -> HttpResponse:
            logout(request)
            return redirect(settings.ACCOUNT_LOGOUT_REDIRECT_URL)

        return leave(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_change_password")

    def _get_colors(self, key: str, *args: Any) -> dict[str, dict[str, str]]:
        """None inline, which the policy would refuse: static/css/staff.css has them."""
        return {}


class StaffConfig(AdminConfig):
    """django.contrib.admin, with ours as its default site."""

    default_site = "comm100.core.staff.StaffSite"
