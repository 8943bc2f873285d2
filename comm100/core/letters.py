"""Letters to single persons: three templates a letter, `<app>/mail/<name>.{subject.txt,txt,html}`.

They leave through EMAIL_BACKEND, which is the transactional lane of the outbox; the last letter to
somebody whose data was erased through UNKEPT_EMAIL_BACKEND, which keeps nothing of it.
"""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string


def write_letter(name: str, /, *, to: str, **facts: Any) -> EmailMultiAlternatives:
    """Compose the letter `name` ("operators/mail/invitation"); the caller sends it."""
    context = {"company_name": settings.COMPANY_NAME, "public_url": settings.PUBLIC_URL} | facts
    subject = " ".join(render_to_string(f"{name}.subject.txt", context).split())
    letter = EmailMultiAlternatives(subject, render_to_string(f"{name}.txt", context), to=[to])
    letter.attach_alternative(render_to_string(f"{name}.html", context), "text/html")
    return letter


def send_unkept(letter: EmailMultiAlternatives) -> bool:
    """Hand it to a mail server now; False when none takes it at this moment.

    An address that no server will ever take counts as done.
    """
    letter.connection = get_connection(settings.UNKEPT_EMAIL_BACKEND)
    return letter.send() > 0
