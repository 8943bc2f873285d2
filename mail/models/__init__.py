"""How a message leaves: mailings, the outbox with its states, suppression (docs/mail.md)."""

from mail.models.bounce import Bounce, MailDay, SoftBounces
from mail.models.domain import DkimKey, SendingDomain
from mail.models.inbound import Arrival, InboundMail, Mailbox
from mail.models.mailing import Mailing, MailingHour, MailingShard
from mail.models.outbox import Lane, Outbox, Recall
from mail.models.pace import Pace
from mail.models.relay import Relay
from mail.models.reply import Reply
from mail.models.suppression import Suppression

__all__ = [
    "Arrival",
    "Bounce",
    "DkimKey",
    "InboundMail",
    "Lane",
    "MailDay",
    "Mailbox",
    "Mailing",
    "MailingHour",
    "MailingShard",
    "Outbox",
    "Pace",
    "Recall",
    "Relay",
    "Reply",
    "SendingDomain",
    "SoftBounces",
    "Suppression",
]
