"""The reason guessed from what words mean: a thing, and what is wrong with it, in one sentence.

For servers that speak a language or use words which the tables of phrases do not know:
"Postkassen er full" is a mailbox and full, whoever says it and however.
"""

import re
from functools import lru_cache

from mail.reading.wording import sections

_SENTENCE = re.compile(r"[.;:!?](?=\s|$)|[。！？；：\n]")
_LONGEST = 400  # characters of a sentence
_JOINED = r"\u0e00-\u0eff\u3001-\u9fff\uac00-\ud7af"

# In order: a reason, and the meanings that must all stand in one sentence; with a minus: must not.
_SAID = (
    ("virus_detected", ("message", "virus")),
    ("spam_detected", ("message", "spam")),
    ("rejected", ("sender", "missing")),
    ("rejected", ("sender", "not", "known")),
    ("rejected", ("sender", "disabled")),
    ("mailbox_full", ("box", "full")),
    ("mailbox_full", ("user", "full")),
    ("message_too_big", ("message", "big")),
    ("has_moved", ("user", "moved")),
    ("has_moved", ("address", "moved")),
    ("user_unknown", ("box", "deleted", "-letter")),
    ("user_unknown", ("user", "deleted", "-letter")),
    ("user_unknown", ("address", "deleted", "-letter")),
    ("suspended", ("box", "disabled")),
    ("suspended", ("user", "disabled")),
    ("suspended", ("address", "disabled")),
    ("host_unknown", ("domain", "missing")),
    ("host_unknown", ("domain", "not", "known")),
    ("user_unknown", ("box", "missing")),
    ("user_unknown", ("user", "missing")),
    ("user_unknown", ("address", "missing")),
    ("user_unknown", ("box", "not", "known")),
    ("user_unknown", ("user", "not", "known")),
    ("user_unknown", ("address", "not", "known")),
    ("policy", ("message", "policy")),
)


@lru_cache(maxsize=1)
def _meanings() -> dict[str, re.Pattern[str]]:
    return {name: _any(lines) for name, lines in sections("meanings")}


def _any(lines: tuple[str, ...]) -> re.Pattern[str]:
    """Any of the stems, at the start of a word where the script parts words."""
    stems = "|".join(lines)
    start = rf"(?:(?<!\w)|(?<=[{_JOINED}])|(?=[{_JOINED}]))"
    return re.compile(f"{start}(?:{stems})")


@lru_cache(maxsize=2048)
def meant_by(text: str) -> str:
    """One of the reasons above, or "". The text is in lower case."""
    for sentence in _SENTENCE.split(text):
        found = _reason(sentence[:_LONGEST])
        if found:
            return found
    return ""


@lru_cache(maxsize=256)
def blames_sender(text: str) -> bool:
    """It is the sender who is not known, and nobody else is spoken of."""
    meanings = _meanings()
    return any(
        meanings["sender"].search(sentence)
        and _reason(sentence[:_LONGEST]) == "rejected"
        and not (meanings["user"].search(sentence) or meanings["box"].search(sentence))
        for sentence in _SENTENCE.split(text)
    )


@lru_cache(maxsize=256)
def tells_failure(text: str) -> bool:
    """Something was not delivered or sent, or late, in any language. The text is in lower case."""
    meanings = _meanings()
    for sentence in _SENTENCE.split(text):
        if meanings["undelivered"].search(sentence):
            return True
        if meanings["delivered"].search(sentence) and any(
            meanings[name].search(sentence) for name in ("failed", "not", "late")
        ):
            return True
    return False


def _reason(sentence: str) -> str:
    meanings = _meanings()
    has = {name: bool(found.search(sentence)) for name, found in meanings.items()}
    has |= {f"-{name}": not there for name, there in has.items()}
    return next((reason for reason, words in _SAID if all(has[word] for word in words)), "")
