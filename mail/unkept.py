"""A mail that nobody keeps: handed to a mail server while the sender waits (P5.4).

No row, no task, no log line, no bounce: its envelope sender is an address that our own door
refuses. On failure nothing of it is in the exception either.
"""

from dataclasses import replace

from django.conf import settings
from django.core.mail import EmailMessage

from mail.encoding import wire_address
from mail.keyring import identity_of
from mail.letters import from_domain, signed
from mail.models import Lane
from mail.operations.queueing import message_bytes
from mail.relays import awake
from mail.smtp import Envelope, Server, Session

PATIENCE = 8.0  # seconds that a server may take for one reply
NOBODY_READS_THIS = "no-bounces"


class NotSent(Exception):
    """No mail server took it. is_final: it will not be taken tomorrow, either."""

    def __init__(self, *, is_final: bool) -> None:
        super().__init__("not sent")
        self.is_final = is_final


def send_unkept(message: EmailMessage, *, site_id: int) -> None:
    """Send to the one recipient now, signed as the transactional lane. Raises NotSent."""
    code = 0
    try:
        envelope = _envelope(message, site_id)
        servers = awake()
    except Exception:  # noqa: BLE001  whatever it says may name the recipient
        servers = []
    for server in servers:
        code = _offer(server, envelope)
        if code:
            break
    if not 200 <= code < 300:  # noqa: PLR2004
        raise NotSent(is_final=code >= 500)  # noqa: PLR2004


def _envelope(message: EmailMessage, site_id: int) -> Envelope:
    content = message_bytes(message)
    identity = identity_of(site_id, from_domain(content), Lane.TRANSACTIONAL)
    sender = f"{NOBODY_READS_THIS}@{settings.MAIL_HOST}"
    return Envelope(0, sender, wire_address(message.to[0]), signed(content, identity))


def _offer(server: Server, envelope: Envelope) -> int:
    """The server's last word; 0 when it cannot be talked to and had not got the text."""
    session, offered = None, False
    patient = replace(server, reply_seconds=min(server.reply_seconds, PATIENCE))

    def may_write() -> bool:
        nonlocal offered
        offered = True
        return True

    try:
        session = Session(patient)
        answers = [answer for answer in session.deliver([envelope], may_write) if answer]
        return answers[-1].code
    except Exception:  # noqa: BLE001  the reply of a server may name the recipient
        return 451 if offered else 0  # it may have it: another one would make two of it
    finally:
        if session:
            session.close()
