"""Letters about an account that allauth does not write."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from accounts.models import User
from comm100.core.letters import write_letter


def factors_removed_letter(user: User) -> EmailMultiAlternatives:
    return write_letter(
        "accounts/mail/factors_removed",
        to=user.email,
        person=user,
        company_email=settings.COMPANY_EMAIL,
        link=f"{settings.PUBLIC_URL}/account/2fa/",
    )
