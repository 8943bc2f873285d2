"""The request of someone at work."""

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.models import Site, User
from operators.models import Operator


class SiteRequest(HttpRequest):
    """A request to a public page of a site, `/p/<slug>/…`."""

    site: Site  # type: ignore[assignment]  # django.contrib.sites is not installed
    htmx: HtmxDetails


class OperatorRequest(HttpRequest):
    """A request that passed `operator_may`: someone is at work."""

    site: Site  # type: ignore[assignment]  # django.contrib.sites is not installed
    operator: Operator
    user: User
    htmx: HtmxDetails
