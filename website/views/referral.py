"""Refer a friend: a page that keeps nothing of what is typed into it (P5.2-P5.4)."""

import logging
from functools import wraps
from secrets import randbits

from django.core.cache import cache
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.permissions import View
from comm100.core.tokens import BadToken, make_token, read_token
from mail.unkept import NotSent
from operators.permissions import anybody
from website import referring
from website.forms import ReferralForm
from website.limits import OPEN_FOR, may_go_on

log = logging.getLogger("website.referral")
ONCE = "referral-form"
AN_HOUR, A_DAY = 5, 15
TOO_MANY = "You invited many friends in a short time. Come back tomorrow for more."
STALE = "This page stood open for long. Send it once more."
AGAIN = "Our mail server is not taking mail right now. We kept nothing of this: try it again later."
FINALLY = "No mail can be sent to this address. We kept nothing of it: check how it is written."


def keeping_nothing(view: View) -> View:
    """Whatever goes wrong inside, no report and no log line tells what was typed."""

    @sensitive_post_parameters()
    @sensitive_variables()
    @wraps(view)
    def guarded(request: HttpRequest) -> HttpResponse:
        try:
            with transaction.atomic():
                return view(request)
        except Exception as error:  # noqa: BLE001  its words may hold the friend's address
            what = type(error).__name__
        log.error("the page to refer a friend failed: %s", what)
        answer = render(request, "website/referral_failed.html", status=500)
        setattr(answer, "_has_been_logged", True)  # noqa: B010  as above
        return answer

    return guarded


@anybody
@require_http_methods(["GET", "HEAD", "POST"])
@keeping_nothing
def refer(request: HttpRequest) -> HttpResponse:
    """The friend's name and address, the visitor's own name; one mail, and it is forgotten."""
    form = ReferralForm(request.POST or None)
    if request.method != "POST":
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, status=422)
    once = _once(request.POST.get("once", ""))
    if not once:
        form.add_error(None, STALE)
        return _page(request, form, status=422)
    if not cache.add(once, 1, OPEN_FOR):
        return redirect("website:referred")  # a double click
    if not may_go_on(request, "refer", an_hour=AN_HOUR, a_day=A_DAY):
        form.add_error(None, TOO_MANY)
        return _page(request, form, status=429)
    return _sent(request, form)


def _sent(request: HttpRequest, form: ReferralForm) -> HttpResponse:
    try:
        referring.invite(form.invitation)
    except NotSent as problem:
        form.add_error("friend_email" if problem.is_final else None, _words(problem))
        return _page(request, form, status=422 if problem.is_final else 503)
    return redirect("website:referred")


def _words(problem: NotSent) -> str:
    return FINALLY if problem.is_final else AGAIN


def _once(token: str) -> str | None:
    """The key under which this very form counts as sent; None when it is stale or not ours."""
    try:
        (number,) = read_token(ONCE, token)
    except (BadToken, ValueError):
        return None
    return f"{ONCE}:{number}"


def _page(request: HttpRequest, form: ReferralForm, *, status: int = 200) -> HttpResponse:
    once = make_token(ONCE, randbits(62), seconds=OPEN_FOR)
    facts = {"form": form, "once": once}
    answer = render(request, "website/refer.html", facts, status=status)
    answer["Cache-Control"] = "no-store"  # neither in the browser nor on the way
    setattr(answer, "_has_been_logged", True)  # noqa: B010  Django would log every 503
    return answer


@anybody
def referred(request: HttpRequest) -> HttpResponse:
    return render(request, "website/referred.html")


@anybody
@csrf_exempt  # mail programs post here (RFC 8058); the token in the link is the proof
@require_http_methods(["GET", "HEAD", "POST"])
def never(request: HttpRequest, token: str) -> HttpResponse:
    """The friend's "never again": POST keeps the hash, GET changes nothing."""
    try:
        hashed = referring.read_never(token)
    except BadToken:
        return render(request, "website/bad_link.html", status=404)
    if request.method == "POST":
        referring.never_again(hashed)
    return render(request, "website/never_invite.html", {"done": request.method == "POST"})
