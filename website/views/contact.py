"""The contact form of the company."""

from hashlib import sha256

from allauth.core.ratelimit import consume
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.models import Site
from comm100.core.tenancy import working_for
from operators.permissions import anybody
from visitors.models import Identification
from visitors.visits.meeting import meet
from website import mails, operations
from website.forms import ContactForm

SAME_MESSAGE = 600  # seconds in which the same form again is a double click
TOO_MANY = "That were many messages in a short time. Wait a minute, then send it again."


@anybody
@csrf_exempt  # it signs nobody in, and its token would be a cookie for everybody who looks (P4.1)
@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Take a message; the company reads it in its mailbox and among its contacts."""
    form = ContactForm(request.POST or None)
    if request.method != "POST":
        return render(request, "website/contact.html", {"form": form})
    if not form.is_valid():
        return render(request, "website/contact.html", {"form": form}, status=422)
    if form.is_from_a_program or not _is_new(form):
        return redirect("website:thanks")
    if not consume(request, action="contact"):
        form.add_error(None, TOO_MANY)
        _forget(form)
        return render(request, "website/contact.html", {"form": form}, status=429)
    try:
        _take(request, form)
    except BaseException:
        _forget(form)  # so that trying again is no double click
        raise
    return redirect("website:thanks")


@anybody
def thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "website/thanks.html")


def _take(request: HttpRequest, form: ContactForm) -> None:
    facts = {name: form.cleaned_data[name] for name in ("name", "web_url", "email", "message")}
    with working_for(Site.objects.company().pk, kind="public"):
        known = operations.take_message(**facts)
        mails.message_letter(known, **facts).send()
        meet(request, known, how=Identification.How.FORM, where="contact form")


def _key(form: ContactForm) -> str:
    return "contact-form:" + sha256(repr(sorted(form.cleaned_data.items())).encode()).hexdigest()


def _is_new(form: ContactForm) -> bool:
    return cache.add(_key(form), 1, SAME_MESSAGE)


def _forget(form: ContactForm) -> None:
    cache.delete(_key(form))
