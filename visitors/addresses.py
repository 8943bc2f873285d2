"""Whether mail could ever reach an address, with a reason in words; cheap for a million rows."""

import re

LONGEST_ADDRESS, LONGEST_LOCAL = 254, 64
_LOCAL = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_GOOD = re.compile(
    rf"(?=.{{6,{LONGEST_ADDRESS}}}$)(?=[^@]{{1,{LONGEST_LOCAL}}}@){_LOCAL}@(?:{_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]"
)
is_good = _GOOD.fullmatch

_FAULTS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^$"), "The e-mail address is missing."),
    (re.compile(r"^[^@]*$"), "The e-mail address has no @."),
    (re.compile(r"@.*@"), "The e-mail address has more than one @."),
    (re.compile(r"\s"), "The e-mail address has a space in it."),
    (re.compile(r"^@"), "Nothing stands before the @."),
    (re.compile(r"@$"), "Nothing stands after the @."),
    (
        re.compile(rf"^.{{{LONGEST_ADDRESS + 1},}}$"),
        "The e-mail address is longer than 254 characters.",
    ),
    (
        re.compile(rf"^[^@]{{{LONGEST_LOCAL + 1},}}@"),
        "The part before the @ is longer than 64 characters.",
    ),
    (re.compile(r"@[^.]*$"), "The part after the @ has no dot, as in example.com."),
    (re.compile(r"\.\.|^\.|\.@|@\.|\.$"), "A dot stands where none can be."),
    (re.compile(r"^[^@]*[^\x00-\x7f]"), "Letters with accents before the @ cannot get mail."),
)


def fault_of(normalised: str) -> str:
    """Why no mail can reach a normalised address, as a sentence; "" when it may."""
    if is_good(normalised):
        return ""
    return next(
        (words for pattern, words in _FAULTS if pattern.search(normalised)),
        "The e-mail address has a character that cannot be there.",
    )
