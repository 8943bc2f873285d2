"""A person's own data at a site, without a sign-in: the link comes to their mailbox (P7.1).

GET changes nothing: mail scanners open every link. It works as long as anything is held, also while
the site closes.
"""

from http import HTTPStatus

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comm100.core.addresses import normalise_email
from comm100.core.throttling import may_again
from comm100.core.tokens import BadToken, ExpiredToken, read_token
from operators.http import SiteRequest
from operators.permissions import anybody, while_closing
from privacy.views.copies import can_be_sent, send_copy
from visitors.forms.your_data import AddressForm
from visitors.held import facts_of
from visitors.mails import COPY, YOURS, link_letter
from visitors.models import Contact, ContactCopy
from visitors.operations.copies import ask_copy
from visitors.operations.erasing import ask_erasure

TRIES, MAILS, HOUR = 20, 3, 3600  # from one network, to one address, seconds
OVER = "This link was good for a day. Ask for another one."


@while_closing
@anybody
@csrf_exempt  # it signs nobody in, and works without a cookie
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: SiteRequest) -> HttpResponse:
    """One's address; the answer is the same whether the site knows it or not."""
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        who = get_adapter(request).get_client_ip(request)  # behind our proxy, too
        if not may_again("your-data", who, TRIES, HOUR):
            form.add_error(None, "Many requests came from your network. Try again in an hour.")
            status = HTTPStatus.TOO_MANY_REQUESTS
            return render(request, "your_data/ask.html", {"form": form}, status=status)
        _send_link(form.cleaned_data["email"])
        return redirect("your_data:sent", request.site.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "your_data/ask.html", {"form": form}, status=status)


def _send_link(email: str) -> None:
    norm = normalise_email(email)
    if not may_again("your-data-link", norm, MAILS, HOUR):
        return
    contact = Contact.objects.select_related("site").filter(email_norm=norm).first()
    if contact:
        link_letter(contact).send()


@while_closing
@anybody
@require_safe
def sent(request: SiteRequest) -> HttpResponse:
    return render(request, "your_data/sent.html")


@while_closing
@anybody
@require_safe
@never_cache
def yours(request: SiteRequest, token: str) -> HttpResponse:
    """What is held, in plain words, and what can be done."""
    contact = _contact(request, token)
    if isinstance(contact, HttpResponse):
        return contact
    facts = facts_of(contact) | {"token": token}
    facts["copies"] = facts["copies"].filter(asked_by=contact.actor_name)
    return render(request, "your_data/yours.html", facts)


@while_closing
@anybody
@csrf_exempt  # the token in the link is the proof
@require_POST
def copy_wish(request: SiteRequest, token: str) -> HttpResponse:
    contact = _contact(request, token)
    if isinstance(contact, HttpResponse):
        return contact
    ask_copy(contact, by=contact)
    return redirect("your_data:yours", request.site.slug, token)


@while_closing
@anybody
@csrf_exempt  # the token in the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def erasure(request: SiteRequest, token: str) -> HttpResponse:
    """Asks once, and says what stays and why."""
    contact = _contact(request, token)
    if isinstance(contact, HttpResponse):
        return contact
    if request.method != "POST":
        return render(request, "your_data/erasure.html", facts_of(contact) | {"token": token})
    ask_erasure(contact, by=contact, tell=True)
    return redirect("your_data:yours", request.site.slug, token)


@while_closing
@anybody
@require_safe
def copy(request: SiteRequest, token: str) -> HttpResponse:
    """The ZIP behind the link of a letter, as long as it is kept."""
    numbers = _numbers(COPY, token)
    if numbers is None or numbers[0] != request.site.pk:
        return _bad(request)
    found = ContactCopy.objects.kept().filter(pk=numbers[1]).first()
    if found is None or not can_be_sent(found) or not found.is_for_the_contact:
        return _bad(request, "The copy was kept for seven days. Ask for another one.")
    return send_copy(found, name=f"{request.site.slug}-your-data")


def _contact(request: SiteRequest, token: str) -> Contact | HttpResponse:
    """Whom the link was made for, or the page that says why there is nobody."""
    try:
        site_id, contact_id = read_token(YOURS, token)
    except ExpiredToken:
        return _bad(request, OVER)
    except (BadToken, ValueError):
        return _bad(request)
    if site_id != request.site.pk:
        return _bad(request)
    contact = Contact.objects.filter(pk=contact_id).first()
    return contact or render(request, "your_data/gone.html", status=HTTPStatus.GONE)


def _numbers(purpose: str, token: str) -> tuple[int, ...] | None:
    try:
        numbers = read_token(purpose, token)
    except BadToken:
        return None
    return numbers if len(numbers) == 2 else None  # noqa: PLR2004  the site, the copy


def _bad(request: HttpRequest, words: str = "") -> HttpResponse:
    """Changed, cut short or too old: what to do, and nothing about anybody."""
    return render(request, "your_data/bad_link.html", {"words": words}, status=404)
