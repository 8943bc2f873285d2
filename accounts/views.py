"""A person's own pages: ours, and allauth's where more is asked before something is changed."""

from allauth.account import views as allauth
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.views import remove_webauthn
from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import operations
from accounts.again import forget_form, kept_form
from accounts.demands import why_it_stays
from accounts.forms import ProfileForm
from accounts.permissions import UserRequest, proven_again, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """The name, and the way to e-mail, password, second factor and sessions (P8.1)."""
    user = request.user
    form = ProfileForm(request.POST or None, initial={"name": user.name})
    if request.method != "POST":
        return render(request, "accounts/profile.html", {"form": form})
    if not form.is_valid():
        return render(request, "accounts/profile.html", {"form": form}, status=422)
    operations.rename_user(user, name=form.cleaned_data["name"])
    messages.success(request, "Your name is saved.")
    return redirect("accounts:profile")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@proven_again
def email(request: UserRequest) -> HttpResponse:
    """Another address is another way in: who asks for it proves who they are (P8.1)."""
    answer: HttpResponse = allauth.email(request)
    return answer


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
@proven_again
def remove_key(request: UserRequest, pk: int) -> HttpResponse:
    """allauth asks nobody whether a key may go; of an authenticator app it does."""
    keys = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.WEBAUTHN)
    key = get_object_or_404(keys, pk=pk)
    if why := why_it_stays(key):
        facts = {"authenticator": key, "why": why}
        status = 422 if request.method == "POST" else 200
        page = "mfa/webauthn/authenticator_confirm_delete.html"
        return render(request, page, facts, status=status)
    answer: HttpResponse = remove_webauthn(request, pk=pk)
    return answer


@signed_in
@require_http_methods(["GET", "HEAD"])
def sessions(request: UserRequest) -> HttpResponse:
    """Where the person is signed in (P9.5)."""
    found = UserSession.objects.purge_and_list(request.user)
    found.sort(key=lambda session: session.last_seen_at, reverse=True)
    return render(request, "usersessions/usersession_list.html", {"sessions": found})


@signed_in
@require_POST
@proven_again
def end_others(request: UserRequest) -> HttpResponse:
    """One of them or all but this one; a thief with a stolen session must not do it."""
    rows = UserSession.objects.filter(user=request.user)
    rows = rows.exclude(session_key=request.session.session_key)
    chosen = request.POST.get("session", "")
    if chosen:
        rows = rows.filter(pk=chosen) if chosen.isdecimal() else rows.none()
    end_sessions(request, list(rows))
    messages.info(request, "They are signed out." if not chosen else "It is signed out.")
    return redirect("usersessions_list")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def again(request: UserRequest) -> HttpResponse:
    """After a sign-in in between: what one wrote, to be sent now or to be dropped."""
    kept = kept_form(request)
    if kept is None:
        return redirect("sites")
    if request.method == "POST":
        forget_form(request)
        return redirect(kept.back)
    return render(request, "accounts/again.html", {"kept": kept})
