"""Find the site and who is at work; run the whole request in one transaction for that site."""

import re
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from accounts.models import Site
from comm100.core.tenancy import Context, context
from operators.models import Operator

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
                operator = Operator.objects.at_work().filter(user_id=user_id).first()
                if operator:
                    operator.site, operator.user = site, request.user
                    request.site, request.operator = site, operator
                    _renew_session_with_rights(request)
                    return self.get_response(request)
        return self._answer_as(_user_context(request), request)

    def process_view(self, request: Any, view: Any, args: Any, kwargs: dict[str, Any]) -> None:
        """Views find the site on the request; a public page of no site is not there."""
        if PATH.match(request.path_info):
            kwargs.pop("slug", None)
            if request.path_info.startswith("/p/") and request.site is None:
                raise Http404

    def process_exception(self, request: HttpRequest, error: Exception) -> None:
        """A view that answers 500 must not leave half its writes behind."""
        if request.path_info not in WITHOUT_DATABASE:
            transaction.set_rollback(True)


def _user_context(request: Any) -> Context:
    user_id = request.user.pk or 0
    return Context(kind="user" if user_id else "nobody", user_id=user_id)


def _renew_session_with_rights(request: Any) -> None:
    """A session that got other rights gets another name (P10.5)."""
    key, role = f"role:{request.site.pk}", request.operator.role
    known = request.session.get(key)
    if known == role:
        return
    if known is not None:
        request.session.cycle_key()
    request.session[key] = role
