"""What a mail that came back says: the shapes that `read_mail` gives."""

from typing import Literal, NamedTuple

Kind = Literal["bounce", "complaint", "auto_reply", "unsubscribe", "reply", "broken"]
Wish = Literal["clear", "doubtful", ""]


class Recipient(NamedTuple):
    """One address a report speaks of.

    action: failed, delayed, delivered, relayed or expanded (RFC 3464). status: enhanced code
    such as 5.1.1 (RFC 3463). reply_code: of SMTP, such as 550. Each is "" where unknown.
    reason: one of `mail.reading.reasons.REASONS`. hard: the address will never work.
    """

    address: str
    action: str
    status: str
    reply_code: str
    reason: str
    hard: bool


class Original(NamedTuple):
    """The mail that a report or reply is about, as far as it can be found."""

    message_id: str = ""
    feedback_id: str = ""
    subject: str = ""
    to: str = ""  # one address
    headers: tuple[tuple[str, str], ...] = ()  # its X-… headers and List-Unsubscribe, in order

    def header(self, name: str) -> str:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


class Reading(NamedTuple):
    """new_text: what a person wrote, without quote and signature. wish: to leave the list."""

    kind: Kind
    recipients: tuple[Recipient, ...] = ()
    new_text: str = ""
    wish: Wish = ""
    original: Original = Original()


BROKEN = Reading("broken")
