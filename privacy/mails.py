"""Letters about how data are treated."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from accounts.models import User
from comm100.core.letters import write_letter
from privacy.models import AccessAlert, LegalDisclosure, PublishedText

WHERE = {PublishedText.Name.POLICY: "privacy", PublishedText.Name.AGREEMENT: "agreement"}


def new_text_letter(text: PublishedText, user: User) -> EmailMultiAlternatives:
    """A new version applies soon (P11.2)."""
    link = f"{settings.PUBLIC_URL}/{WHERE[PublishedText.Name(text.name)]}/{text.version}/"
    compared = f"{link}changes/" if text.name == PublishedText.Name.POLICY else ""
    return write_letter(
        "privacy/mail/new_text", to=user.email, text=text, user=user, link=link, changes=compared
    )


def alert_letter(alert: AccessAlert, *, to: str) -> EmailMultiAlternatives:
    """To staff: somebody should look into how a grant is used (P9.3)."""
    link = f"{settings.PUBLIC_URL}/staff/grants/alerts/"
    return write_letter("privacy/mail/alert", to=to, alert=alert, grant=alert.grant, link=link)


def disclosure_letter(disclosure: LegalDisclosure, *, to: str) -> EmailMultiAlternatives:
    """To an owner of the site: something of yours had to be disclosed (P6.3)."""
    link = f"{settings.PUBLIC_URL}/s/{disclosure.site.slug}/disclosures/"
    return write_letter("privacy/mail/disclosure", to=to, disclosure=disclosure, link=link)
