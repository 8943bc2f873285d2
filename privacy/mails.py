"""Letters about how data are treated."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from comm100.core.letters import write_letter
from privacy.models import AccessAlert


def alert_letter(alert: AccessAlert, *, to: str) -> EmailMultiAlternatives:
    """To staff: somebody should look into how a grant is used (P9.3)."""
    link = f"{settings.PUBLIC_URL}/staff/grants/alerts/"
    return write_letter("privacy/mail/alert", to=to, alert=alert, grant=alert.grant, link=link)
