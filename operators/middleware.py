"""Find the site and who is at work; run the whole request in one transaction for that site."""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django_htmx.http import HttpResponseClientRedirect

from accounts.again import way_back
from accounts.demands import forget_way, has_shown_it, remember_way
from accounts.models import Site
from comm100.core.tenancy import Context, context
from operators.models import Operator

SAFE = {"GET", "HEAD", "OPTIONS"}
WITHOUT_DATABASE = {"/health/", "/version", "/metrics"}  # they answer when it is down, too
PATH = re.compile(r"^/(?P<door>[sp])/(?P<slug>[a-z0-9-]+)(/|$)")


class SiteMiddleware:
    """`/s/<slug>/…` is for operators of that site, `/p/<slug>/…` for everybody.

    Not ATOMIC_REQUESTS: that would render template responses outside the transaction, where
    row-level security shows no rows.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.site = request.operator = None
        if request.path_info in WITHOUT_DATABASE:
            return self.get_response(request)
        where = PATH.match(request.path_info)
        if where is None:
            return self._answer_as(_user_context(request), request)
        site = Site.objects.filter(slug=where["slug"]).first()
        if site and site.is_over:  # it is being purged
            site = None
        if where["door"] == "p":
            request.site = site
            return self._answer_as(Context(kind="public", site_id=site.pk if site else 0), request)
        return self._answer_at_work(request, site)

    def _answer_as(self, wanted: Context, request: Any) -> HttpResponse:
        with context(wanted):
            return self.get_response(request)

    def _answer_at_work(self, request: Any, site: Site | None) -> HttpResponse:
        """In the site's context when this user works there; else as if there were no site."""
        user_id = request.user.pk or 0
        if site and user_id:
            with context(Context(kind="operator", site_id=site.pk, user_id=user_id)):
                operator = _at_work(site, user_id)
                if operator:
                    operator.site, operator.user = site, request.user
                    request.site, request.operator = site, operator
                    _renew_session_with_rights(request)
                    return self.get_response(request)
        return self._answer_as(_user_context(request), request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """Views find the site on the request; a public page of no site is not there.

        Where a second factor is demanded operators show it first. Of a site that closes nothing is
        public but ways out, and operators only read.
        """
        if not PATH.match(request.path_info):
            return None
        kwargs.pop("slug", None)
        is_public = request.path_info.startswith("/p/")
        if is_public and request.site is None:
            raise Http404
        if request.operator and (first := _factor_first(request)):
            return first
        closed = request.site and request.site.is_closing
        if closed and not getattr(view, "works_while_closing", False):
            return _closed_to_all(request) if is_public else _closed_to_changes(request)
        return None

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """A view that answers 500 must not leave half its writes behind."""
        if request.path_info not in WITHOUT_DATABASE:
            transaction.set_rollback(True)


def _at_work(site: Site, user_id: int) -> Operator | None:
    """Whether they have a second factor is asked in the same query, and where it matters."""
    people = Operator.objects.at_work().filter(user_id=user_id)
    return (people.with_factors() if site.factors_demanded else people).first()


def _factor_first(request: Any) -> HttpResponse | None:
    """Where to go for the second factor that this site demands; None when it was shown."""
    site = request.site
    if not site.factors_demanded or (request.operator.has_factor and has_shown_it(request)):
        forget_way(request, slug=site.slug)
        return None
    path = way_back(request)
    remember_way(request, site=site.name, slug=site.slug, path=path)
    url = reverse("mfa_index")
    if request.operator.has_factor:
        url = f"{reverse('mfa_reauthenticate')}?{urlencode({'next': path})}"
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


def _user_context(request: Any) -> Context:
    user_id = request.user.pk or 0
    return Context(kind="user" if user_id else "nobody", user_id=user_id)


def _closed_to_all(request: Any) -> HttpResponse:
    return render(request, "operators/closed.html", status=HTTPStatus.GONE)


def _closed_to_changes(request: Any) -> HttpResponse | None:
    if request.method in SAFE or request.operator is None:
        return None
    messages.warning(request, "Nothing was changed: this site is being closed.")
    page = reverse("operators:home", args=[request.site.slug])
    if request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": page})
    return redirect(page)


def _renew_session_with_rights(request: Any) -> None:
    """A session that got other rights gets another name (P10.5), and another end."""
    key, role = f"role:{request.site.pk}", request.operator.role
    known = request.session.get(key)
    if known == role:
        return
    if known is not None:
        request.session.cycle_key()
    request.session.forget_kind()
    request.session[key] = role
