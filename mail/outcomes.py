"""What a server's word means for a row: sent, try again and when, failed, gone, unknown."""

import re
from random import SystemRandom
from typing import NamedTuple

from mail.models import Outbox
from mail.smtp import Answer

State = Outbox.State
MINUTE, HOUR = 60.0, 3600.0
PATIENCE = 48 * HOUR
LONGEST_WAIT = 4 * HOUR
AFTER_HANGUP = MINUTE
_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")
_GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
_ABOUT_US = re.compile(
    r"spam|block|polic|reputation|black|list|relay|denied|prohibit|auth|dmarc|spf|dkim|rate|limit",
    re.IGNORECASE,
)
_USER_UNKNOWN_CODES = frozenset({550, 551, 553})
_OUR_SIGN_IN = frozenset({530, 535, 538})
_jitter = SystemRandom()


class Outcome(NamedTuple):
    """What becomes of one row. wait: seconds until the next try; gone: no such address."""

    row_id: int
    state: int
    code: int | None = None
    reply: str | None = None
    wait: float = 0.0
    bounced: bool = False
    gone: bool = False


def outcome_of(answer: Answer, attempts: int) -> Outcome:
    row_id, code, reply = answer.envelope.row_id, answer.code, answer.text
    if answer.accepted:
        return Outcome(row_id, State.SENT, code, reply)
    if 400 <= code < 500 or is_our_fault(answer):  # noqa: PLR2004
        return try_again(row_id, attempts, code, reply)
    bounced = answer.stage == "recipient"
    gone = bounced and is_gone(code, reply)
    return Outcome(row_id, State.FAILED, code, reply, bounced=bounced, gone=gone)


def is_our_fault(answer: Answer) -> bool:
    """The server wants us to sign in: a setting is wrong, not the mail."""
    return answer.code in _OUR_SIGN_IN


def is_gone(code: int, reply: str) -> bool:
    """There is no such address, as opposed to a refusal of us or of what we sent."""
    enhanced = _ENHANCED.match(reply)
    if enhanced:
        return enhanced[1] in _GONE
    return code in _USER_UNKNOWN_CODES and not _ABOUT_US.search(reply)


def try_again(row_id: int, attempts: int, code: int | None, reply: str) -> Outcome:
    """Later, longer each time; after two days the last words are final."""
    first = _first_wait(code, reply)
    waits = [min(first * 2**n, LONGEST_WAIT) for n in range(attempts)]
    if sum(waits) > PATIENCE:
        return Outcome(row_id, State.FAILED, code, reply)
    return Outcome(row_id, State.RETRY, code, reply, wait=waits[-1] * _jitter.uniform(0.75, 1.25))


def _first_wait(code: int | None, reply: str) -> float:
    """Greylisting ends soon, a full mailbox does not."""
    if code == 452 or reply.startswith(("4.2.2", "4.3.1")):  # noqa: PLR2004
        return HOUR
    if code is None:
        return AFTER_HANGUP
    return 5 * MINUTE


def left_unknown(row_id: int, reason: str, *, is_bulk: bool) -> Outcome:
    """No answer came after the body. Bulk is not repeated on its own; transactional mail goes
    again with the same Message-ID, so that a double is recognised."""
    words = f"No answer after the text was sent: {reason}"[:300]
    if is_bulk:
        return Outcome(row_id, State.UNKNOWN, None, words)
    return Outcome(row_id, State.RETRY, None, words, wait=10)


def put_back(row_id: int) -> Outcome:
    """Not tried: ready again, and the attempt does not count."""
    return Outcome(row_id, State.READY)


def cannot_be_written(row_id: int, reason: str) -> Outcome:
    return Outcome(row_id, State.FAILED, None, reason[:300])
