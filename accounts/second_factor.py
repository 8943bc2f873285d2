"""Forms of the second factor, in our words.

Codes of authenticator apps: a clock may go half a minute wrong, and no code works twice.
"""

from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm, DeactivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

from accounts.demands import why_it_stays


class Once:
    """Refuses a code that was used before for as long as it would be right.

    allauth remembers a used code for one step; with a tolerance of n steps it is right for 2n + 1.
    """

    user: Any
    authenticator: Authenticator

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _without_placeholder(self)

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        digits = "".join(filter(str.isdecimal, code))
        seconds = (2 * app_settings.TOTP_TOLERANCE + 1) * app_settings.TOTP_PERIOD
        if self.authenticator.type == Authenticator.Type.TOTP and not cache.add(
            f"accounts.second_factor:{self.user.pk}:{digits}", 1, timeout=seconds
        ):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(Once, forms.AuthenticateForm):
    """After the password."""

    @property
    def has(self) -> set[str]:
        """What this person set up: nobody is offered a key that they do not have."""
        return set(Authenticator.objects.filter(user=self.user).values_list("type", flat=True))


class ReauthenticateForm(Once, forms.ReauthenticateForm):
    """Before something delicate."""


class ActivateForm(ActivateTOTPForm):
    """The first code of a new app."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = "Six digits"
        _without_placeholder(self)

    @property
    def secret_in_fours(self) -> str:
        """As it is easiest to type from the screen into a phone; apps take the spaces."""
        return " ".join(self.secret[at : at + 4] for at in range(0, len(self.secret), 4))


class DeactivateForm(DeactivateTOTPForm):
    """allauth shows what is wrong before anything is sent."""

    def clean(self) -> dict[str, Any] | None:
        if why := why_it_stays(self.authenticator):
            raise ValidationError(why)
        cleaned: dict[str, Any] | None = super().clean()
        return cleaned


class AddKeyForm(AddWebAuthnForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].help_text = "So that you know it again in the list."
        self.fields["passwordless"].label = "Sign in with it instead of my password"
        self.fields["passwordless"].help_text = (
            "That makes it a passkey: it asks for your fingerprint, your face or its PIN, and you "
            "type nothing. Without this it is your second step, after the password."
        )


def _without_placeholder(form: Any) -> None:
    """The label above says it already."""
    form.fields["code"].widget.attrs.pop("placeholder", None)
