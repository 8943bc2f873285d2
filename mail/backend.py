"""EMAIL_BACKEND: every Django mail goes into the outbox, in the transaction of who sends it.

UNKEPT_EMAIL_BACKEND: what may stand nowhere is handed to a mail server at once.
"""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import Site
from comm100.core.tenancy import current_site_id
from mail import operations
from mail.unkept import NotSent, send_unkept


class OutboxBackend(BaseEmailBackend):
    """Transactional lane; the site in context, else the company's. Sent after the commit."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            operations.enqueue(message)
        return len(email_messages)


class UnkeptBackend(BaseEmailBackend):
    """Answers how many will not have to be tried again; no row, no log line, no bounce."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        site_id = current_site_id() or Site.objects.company().pk
        return sum(_is_done(message, site_id) for message in email_messages)


def _is_done(message: EmailMessage, site_id: int) -> bool:
    try:
        send_unkept(message, site_id=site_id)
    except NotSent as problem:
        return problem.is_final
    return True
