"""Letters to single persons: three templates a letter, `<app>/mail/<name>.{subject.txt,txt,html}`.

They leave through EMAIL_BACKEND, which is the transactional lane of the outbox.
"""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


def write_letter(name: str, /, *, to: str, **facts: Any) -> EmailMultiAlternatives:
    """Compose the letter `name` ("operators/mail/invitation"); the caller sends it."""
    context = {"company_name": settings.COMPANY_NAME, "public_url": settings.PUBLIC_URL} | facts
    subject = " ".join(render_to_string(f"{name}.subject.txt", context).split())
    letter = EmailMultiAlternatives(subject, render_to_string(f"{name}.txt", context), to=[to])
    letter.attach_alternative(render_to_string(f"{name}.html", context), "text/html")
    return letter
