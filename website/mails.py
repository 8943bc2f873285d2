"""Letters of the company's web site."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from comm100.core.letters import write_letter
from visitors.models import Contact


def message_letter(
    contact: Contact, *, name: str, web_url: str, email: str, message: str
) -> EmailMultiAlternatives:
    """What somebody wrote by the contact form, to the company; an answer goes to them."""
    letter = write_letter(
        "website/mail/message",
        to=settings.COMPANY_EMAIL,
        name=name,
        web_url=web_url,
        email=email,
        message=message,
        link=settings.PUBLIC_URL + contact.get_absolute_url(),
    )
    letter.reply_to = [email]
    return letter
