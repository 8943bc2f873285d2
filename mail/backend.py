"""EMAIL_BACKEND: every Django mail goes into the outbox, in the transaction of who sends it."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from mail import operations


class OutboxBackend(BaseEmailBackend):
    """Transactional lane; the site in context, else the company's. Sent after the commit."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            operations.enqueue(message)
        return len(email_messages)
