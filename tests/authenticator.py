"""The app of somebody who has a second factor."""

import time

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value


def code_now(secret: str, steps: int = 0) -> str:
    """What the app shows; its clock is `steps` half minutes ahead."""
    return str(
        format_hotp_value(hotp_value(secret, int(time.time()) // app_settings.TOTP_PERIOD + steps))
    )
