"""Delivery status notifications (RFC 3464): what became of a mail after it was accepted."""

from email import message_from_bytes, policy
from email.message import Message
from typing import NamedTuple

from mail.merge import one_line


class Report(NamedTuple):
    """The final failure that a notification tells of. status: enhanced code, 5.x.x (RFC 3463)."""

    status: str
    words: str

    @property
    def code(self) -> int:
        return 550


def failure_in(raw: bytes) -> Report | None:
    """None when the mail is no report, or reports a delay or a success."""
    message = message_from_bytes(raw, policy=policy.compat32)
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for block in part.get_payload():
            report = _failure(block) if isinstance(block, Message) else None
            if report:
                return report
    return None


def _failure(block: Message) -> Report | None:
    status = str(block.get("Status", "")).split(" ")[0].strip()
    if str(block.get("Action", "")).strip().lower() != "failed" or not status.startswith("5."):
        return None
    words = str(block.get("Diagnostic-Code", "")).partition(";")[2]
    return Report(status, one_line(f"{status} {words}")[:300])
