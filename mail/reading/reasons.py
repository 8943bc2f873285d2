"""Why a mail came back, from words, codes and what became of it; and whether that is for good.

The conventions (docs/bounces.md) are those of the field: hard is an address or host that does
not exist, that moved away, or that takes no mail at all; everything else may work another day.
"""

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from mail.reading.meanings import blames_sender, meant_by
from mail.reading.statuses import is_vague, reason_of_codes, reason_of_status
from mail.reading.wording import pattern, sections

REASONS = (
    "user_unknown",
    "host_unknown",
    "has_moved",
    "mailbox_full",
    "suspended",
    "rejected",
    "filtered",
    "blocked",
    "bad_reputation",
    "spam_detected",
    "virus_detected",
    "policy",
    "auth_failure",
    "not_accept",
    "rate_limited",
    "too_many_connections",
    "message_too_big",
    "content_error",
    "syntax_error",
    "relay_denied",
    "network_error",
    "mail_loop",
    "system_error",
    "system_full",
    "expired",
    "on_hold",
    "delivered",
    "vacation",
    "feedback",
    "undefined",
)
HARD = frozenset({"user_unknown", "host_unknown", "has_moved", "not_accept"})
DONE = frozenset({"delivered", "relayed", "expanded"})

_READ = 3_000  # characters of a diagnosis that are looked at


class Phrase(NamedTuple):
    """Words to find; a pattern where there are gaps in them, then the needle is its start."""

    needle: str
    pattern: str


Table = tuple[tuple[str, tuple[Phrase, ...]], ...]


@lru_cache(maxsize=4)
def _table(name: str) -> Table:
    return tuple((reason, tuple(map(_phrase, lines))) for reason, lines in sections(name))


def _phrase(line: str) -> Phrase:
    """`…` stands for up to 90 characters, `·` for one word."""
    if "…" not in line and "·" not in line:
        return Phrase(line, "")
    whole = re.escape(line).replace(r"\ ", " ")
    whole = re.sub(" ?… ?", r".{0,90}?", whole).replace("·", r"[^ ]{1,80}")
    return Phrase(re.split("[…·]", line)[0].strip(), whole)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """When it is first needed: compiling them all would cost a second."""
    return re.compile(pattern)


_ADDRESS = re.compile(r"<?[^\s<>()\[\]\"',;:=]{1,64}@[^\s<>()\[\]\"',;:]{1,253}>?")
_BLANKS = re.compile(r"\s+")
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "“": '"', "”": '"', "\xad": ""})


def comparable(words: str) -> str:
    words = _BLANKS.sub(" ", words[:_READ]).translate(_QUOTES)
    return _ADDRESS.sub("<>", words).lower()


@lru_cache(maxsize=2048)
def _from_words(text: str, table: str) -> str:
    for reason, phrases in _table(table):
        for needle, whole in phrases:
            if needle in text and (not whole or _compiled(whole).search(text)):
                return reason
    return ""


def reason_told_first(notice: str) -> str:
    """From sentences of single providers that stand above the words of the server."""
    return _from_words(comparable(notice), "first")


_AFTER_DATA = re.compile(
    r"in reply to end of data|in reply to data|after end of data|after data"
    r"|after i sent the message|after \.|\(state 1[78]\)|for text command"
    # sendmail and Courier show what was said. "Need RCPT" or "no valid recipients" behind it tells
    # that commands were sent in one go, and that this was the answer to an earlier one.
    r"|>>> data <<< [45](?!.{0,400}<<< 5\d\d.{0,40}(?:need|no valid|without) (?:rcpt|recipient))"
)


_TO_MAIL_FROM = re.compile(
    r"in reply to (?:mail from|(?:end of )?ehlo|helo)|after (?:pipelined )?mail from"
)
_DEFINITE = re.compile(
    r"(?:doesn't|does not|not) (?:have|exist)|(?:user|mailbox|account|recipient) not found"
    r"|invalid mailbox|no such|no mailbox"
)


def reason_of(texts: Sequence[str], status: str, reply: str, action: str = "failed") -> str:
    """One of REASONS. `texts` is what was said, the server's own words first."""
    if action in DONE:
        return "delivered"
    said = [comparable(text) for text in texts if text.strip()] or [""]
    found = next((reason for text in said if (reason := _told(text, status))), "")
    found = found or _guessed(said, status, reply, action)
    return _at_its_stage(found, " ".join(said), status)


def _told(text: str, status: str) -> str:
    by_words = _from_words(text, "strong")
    by_status = "" if is_vague(status) else reason_of_status(status)
    sure = not by_words or by_status in _SURE.get(by_words, ())
    if by_words == "blocked" and pattern("signs", "listed").search(text):
        sure = False
    return by_status or by_words if sure else by_words


# A code on the right is surer than words on the left: those also stand in advice and in names.
_SURE: dict[str, frozenset[str]] = {
    "user_unknown": frozenset({"rejected"}),
    "host_unknown": frozenset({"rejected"}),
    "mailbox_full": frozenset({"system_full"}),
    "message_too_big": frozenset({"mailbox_full"}),
    "blocked": frozenset({"user_unknown", "host_unknown", "mailbox_full", "auth_failure"}),
    "spam_detected": frozenset({"user_unknown", "host_unknown", "mailbox_full", "expired"}),
    "filtered": frozenset({"host_unknown", "mailbox_full"}),
    "rate_limited": frozenset({"user_unknown", "mailbox_full"}),
    "virus_detected": frozenset({"user_unknown", "mailbox_full"}),
}


def _at_its_stage(reason: str, text: str, status: str) -> str:
    """What an "unknown" means depends on the command that it answers, unless the status is sure.

    To MAIL FROM: the sender is not wanted. To the mail itself, by a server that had accepted the
    recipient: the recipient's filter speaks (Japanese mobile carriers do so), not the directory;
    but some look for the mailbox only then, and say so in more words.
    """
    if reason not in {"user_unknown", "host_unknown"} or status[2:4] == "1.":
        return reason
    if _TO_MAIL_FROM.search(text) or blames_sender(text):
        return "rejected"
    late = reason == "user_unknown" and _AFTER_DATA.search(text) and not _DEFINITE.search(text)
    return "filtered" if late else reason


# What their server does says nothing of whether they exist.
_SERVERS = re.compile(
    r"(?:recipient|addressee|receiver)(?:'s)? (?:e-?mail |mail )?"
    r"(?:server|system|host|gateway|provider)(?:'s)?(?!\w)"
    r"|unknown (?=mailer error)"
)


def _guessed(said: list[str], status: str, reply: str, action: str) -> str:
    said = [_SERVERS.sub("server", text) for text in said]
    weak = next(
        (one for text in said if (one := _meant(text, status) or _from_words(text, "weak"))), ""
    )
    if weak == "user_unknown" and _speaks_of_else(status, reply):
        weak = ""
    return (
        weak
        or reason_of_codes(status, reply)
        or ("expired" if action == "delayed" else "")
        or ("on_hold" if any(said) else "undefined")
    )


def _speaks_of_else(status: str, reply: str) -> bool:
    """A code that says "later", or that it is about the system, the content or a policy: then
    "recipient rejected" is how the sentence begins, and not the reason."""
    return (status or reply)[:1] == "4" or status[2:3] in {"3", "6", "7"}


def _meant(text: str, status: str) -> str:
    """Not against a status code that speaks of content or of policy."""
    reason = meant_by(text)
    against = reason in HARD and status[2:3] in {"5", "6", "7"} and not is_vague(status)
    return "" if against else reason


def is_hard(reason: str, status: str, reply: str, action: str) -> bool:
    """The address will never work. A delay never says that, nor does a server's "try later"."""
    if action != "failed" or reason not in HARD or reply[:1] == "4":
        return False
    return reason != "not_accept" or status[:1] != "4"
