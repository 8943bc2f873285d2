"""By what a report is known: its subject, its first words, and whether it is only a delay."""

import re

from mail.reading.wording import pattern

_ANSWER = re.compile(r"^\s*(?:re|aw|fwd?|wg|sv|antw|rv|tr|odp|回复|返信)\s*:", re.IGNORECASE)
_NOT_DELIVERED = re.compile(r"\bnot\b|n't|fail|undeliver|error|unable", re.IGNORECASE)


_FORWARDED = re.compile(
    r"^\s*(?:fwd?|wg|rv|tr|i|enc|doorst|vl|vs|vb|pd|转发|轉寄)\s*:", re.IGNORECASE
)


def is_answer(subject: str) -> bool:
    return _ANSWER.match(subject) is not None


def is_forwarded(subject: str) -> bool:
    return _FORWARDED.match(subject) is not None


def is_failure_subject(subject: str) -> bool:
    if pattern("signs", "verdict").search(subject[-80:]):
        return True
    return bool(pattern("signs", "subject").search(subject[:300])) and not is_answer(subject)


def is_report_opening(notice: str) -> bool:
    return bool(pattern("signs", "opening").search(" ".join(notice[:2500].split())))


def action_told(subject: str, notice: str) -> str:
    """delayed or delivered when a report without fields says so; else ""."""
    text = " ".join(f"{subject}\n{notice[:3000]}".split())
    if pattern("signs", "delayed").search(text) and not pattern("signs", "final").search(text):
        return "delayed"
    if pattern("signs", "delivered").search(text) and not _NOT_DELIVERED.search(text):
        return "relayed" if "relay" in text.lower() else "delivered"
    return ""
