"""Unsubscribe with the link of a mail; no sign-in (P7.2)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Site
from comm100.core.tenancy import working_for
from comm100.core.tokens import BadToken
from mail.links import Mailed, preferences_url, read_unsubscribe
from newsletter.models import Departure
from newsletter.operations import departure as operations
from newsletter.suppressions import is_out
from newsletter.views.subscription import bad_link
from operators.http import SiteRequest
from operators.permissions import anybody
from visitors.models import Contact

ONE_CLICK = "List-Unsubscribe"  # RFC 8058: the field that mail programs post


@anybody
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: SiteRequest, token: str) -> HttpResponse:
    """POST unsubscribes at once, without cookies, and answers 200; GET changes nothing."""
    try:
        mailed = read_unsubscribe(token)
    except BadToken:
        return bad_link(request)
    site = Site.objects.filter(pk=mailed.site_id).first()
    if site is None:
        return bad_link(request)
    request.site = site  # the page speaks for it, although its address has no name in it
    with working_for(site.pk, kind="public"):
        contact = Contact.objects.filter(pk=mailed.contact_id).first()
        if contact is None:
            return bad_link(request)
        if request.method == "POST":
            _obey(request, contact, mailed)
            contact.refresh_from_db()
        facts = {
            "site": site,
            "is_out": is_out(contact),
            "asked": request.method == "POST",
            "preferences": preferences_url(site.slug, site.pk, contact.pk, mailed.mailing_id),
        }
        return render(request, "newsletter/unsubscribe.html", facts)


def _obey(request: HttpRequest, contact: Contact, mailed: Mailed) -> None:
    if request.POST.get("again"):
        operations.come_back(contact)
        return
    how = Departure.How.ONE_CLICK if ONE_CLICK in request.POST else Departure.How.LINK
    operations.unsubscribe(contact, how=how, mailing_id=mailed.mailing_id or None)
