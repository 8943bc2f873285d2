"""How a message leaves: mailings, the outbox with its states, suppression (docs/mail.md)."""

from mail.models.inbound import InboundMail
from mail.models.mailing import Mailing, MailingHour
from mail.models.outbox import Lane, Outbox
from mail.models.relay import Relay
from mail.models.suppression import Suppression

__all__ = [
    "InboundMail",
    "Lane",
    "Mailing",
    "MailingHour",
    "Outbox",
    "Relay",
    "Suppression",
]
