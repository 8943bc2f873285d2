"""Codes of authenticator apps: a clock may go half a minute wrong, and no code works twice."""

from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.cache import cache

STEP = 30  # seconds: what every authenticator app takes (RFC 6238, section 5.2)


class Once:
    """Refuses a code that was used before for as long as it would be right.

    allauth remembers a used code for one step; with a tolerance of n steps it is right for 2n + 1.
    """

    user: Any
    authenticator: Authenticator

    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        digits = "".join(filter(str.isdecimal, code))
        steps = 2 * settings.MFA_TOTP_TOLERANCE + 1
        if self.authenticator.type == Authenticator.Type.TOTP and not cache.add(
            f"accounts.second_factor:{self.user.pk}:{digits}", 1, timeout=steps * STEP
        ):
            raise get_adapter().validation_error("incorrect_code")
        return code


class AuthenticateForm(Once, forms.AuthenticateForm):
    """After the password."""


class ReauthenticateForm(Once, forms.ReauthenticateForm):
    """Before something delicate."""
