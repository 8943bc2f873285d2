"""How allauth does things here."""

import logging
from base64 import b64decode, b64encode
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.core.context import request_context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.operations import meet_browser, note_sign_in
from comm100.core.addresses import normalise_email
from comm100.core.sealing import seal, unseal

log = logging.getLogger("accounts.entering")
FACTORS = "second-factors"
TROUBLES = {  # what allauth refuses → a line in the log, which says who by a number
    "too_many_login_attempts": "too many failed sign-ins: stopped for a while",
    "incorrect_password": "a wrong password, asked for again",
    "enter_current_password": "a wrong password, asked for again",
    "incorrect_code": "a wrong second factor or passkey",
}


WORDS = {  # what allauth says otherwise than these pages
    "account_inactive": "This account is closed.",
    "cannot_remove_primary_email": "You sign in with this address. Choose another one first.",
    "duplicate_email": "This address is yours already.",
    "email_password_mismatch": "The address or the password is not right. Try again.",
    "email_taken": "Somebody has an account with this address already.",
    "enter_current_password": "That is not your password.",
    "incorrect_code": "That is not the code. Take the newest one.",
    "incorrect_password": "That is not your password.",
    "max_email_addresses": "You cannot have more than %d addresses.",
    "rate_limited": "That was too often in a short time. Wait a few minutes.",
    "same_as_current": "That is the one that you have. Choose another one.",
    "too_many_login_attempts": "Too many failed attempts to sign in. Wait a few minutes.",
}


class Noting:
    """Notes what allauth refuses around the sign-in."""

    def validation_error(self, code: str, *words: Any) -> ValidationError:
        if code in TROUBLES:
            log.warning(TROUBLES[code])
        refusal: ValidationError = super().validation_error(code, *words)  # type: ignore[misc]
        return refusal


class AccountAdapter(Noting, DefaultAccountAdapter):
    """Where people land, how addresses are compared, what a double post does, who is told."""

    error_messages = DefaultAccountAdapter.error_messages | WORDS

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return "/sites/"

    def clean_email(self, email: str) -> str:
        return normalise_email(email)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """allauth writes some letters after the commit, when its own context is over."""
        with request_context(self.request):
            super().send_mail(template_prefix, email, context)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """The line names the person whose password was guessed at, if there is one."""
        email = normalise_email(credentials.get("email") or "")
        person = User.objects.filter(email=email).values_list("pk", flat=True).first()
        log.warning("a sign-in failed", extra={"person": person})

    def login(self, request: Any, user: User) -> None:
        """Time counts from here on, also where somebody signs in once more."""
        super().login(request, user)
        request.session.begin()

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Tell the person when a browser signs in that was not seen before (P9.5)."""
        answer: HttpResponse = super().post_login(request, user, **options)
        if meet_browser(user, user_agent=self.get_http_user_agent(request)):
            self.send_notification_mail("accounts/mail/new_sign_in", user)
        ways = [step["method"] for step in get_authentication_records(request, user)]
        note_sign_in(user, ways=ways)
        log.info("signed in with %s", ", ".join(dict.fromkeys(ways)), extra={"person": user.pk})
        return answer

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Of two sign-ups at the same moment the second answers like one that came later."""
        try:
            with transaction.atomic():
                saved: User = super().save_user(request, user, form, commit)
        except IntegrityError as error:
            answer = prevent_enumeration(request, email=form.cleaned_data["email"])
            raise ImmediateHttpResponse(answer) from error
        return saved


class MfaAdapter(Noting, DefaultMFAAdapter):
    """Secrets of authenticator apps are kept encrypted: a stolen table makes no codes."""

    error_messages = DefaultMFAAdapter.error_messages | WORDS

    def generate_authenticator_name(self, user: Any, type: str) -> str:  # noqa: A002  allauth's
        """What a key is called until its owner names it."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return f"Key {count + 1}"

    def encrypt(self, text: str) -> str:
        sealed = seal(FACTORS, text.encode(), bound=FACTORS)
        return b64encode(sealed).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Raises CannotOpen: changed, or sealed under a secret key that is not named any more."""
        return unseal(FACTORS, b64decode(encrypted_text), bound=FACTORS).decode()
