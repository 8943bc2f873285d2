"""Codes of failures: enhanced ones (RFC 3463, and those providers made up) and SMTP replies."""

import re

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
_REPLY = re.compile(r"(?<![\d.\w:/-])([245][0-57]\d)(?=[ \-:,;.]|$)(?!\.\d)")
_MARKED_REPLY = re.compile(
    r"(?:said:|(?:was|is|reads|message|answer(?:ed)?|response|reason|result|status|report|details?"
    r"|antwort|meldung|grund|erreur|raison|motif|respuesta|motivo|risposta|resposta|причина|ответ):"
    r"|returned:?|error(?:[ _]code)? ?:?|responded:?|smtp;|reply:?|code:?|out:|<<<|>>>"
    r"|'|#|\)|\A|\n)\s*"
    r"([245][0-57]\d)(?=[ \-:,;.#'\]]|$)(?!\.\d)",
    re.IGNORECASE,
)
_NO_REPLIES = frozenset({"200", "201", "202", "203", "204", "205"})


def status_in(text: str, like: str = "") -> str:
    """The most telling enhanced code; of the class of `like` where there is one."""
    found = _STATUS.findall(text[:3000])
    found = [status for status in found if status[0] != "2"] or found
    same = [status for status in found if not like or status[0] == like[0]] or found
    return next((status for status in same if not is_vague(status)), same[0] if same else "")


def reply_in(text: str, *, marked_only: bool = False) -> str:
    """The SMTP reply code that a server gave; in long texts only where it is marked as one."""
    text = text[:3000]
    found = _MARKED_REPLY.findall(text) or ([] if marked_only else _REPLY.findall(text))
    refused = [code for code in found if code[0] != "2"]
    return next((code for code in refused or found if code not in _NO_REPLIES), "")


def is_vague(status: str) -> bool:
    return not status or status[1:] in {".0.0", ".5.0", ".3.0", ".4.0", ".7.0"}


# By the two last numbers; a class before it where only that class means it.
BY_STATUS: dict[str, str] = {
    "1.0": "user_unknown",
    "1.1": "user_unknown",
    "1.2": "host_unknown",
    "1.3": "user_unknown",
    "1.4": "filtered",
    "1.6": "has_moved",
    "1.7": "rejected",
    "1.8": "rejected",
    "1.9": "system_error",
    "1.10": "user_unknown",
    "1.20": "rejected",
    "1.90": "rate_limited",
    "1.351": "user_unknown",
    "2.0": "filtered",
    "2.1": "filtered",
    "4.2.1": "blocked",
    "2.2": "mailbox_full",
    "2.3": "message_too_big",
    "2.4": "filtered",
    "2.14": "system_error",
    "2.121": "rate_limited",
    "2.122": "rate_limited",
    "3.1": "system_full",
    "3.2": "not_accept",
    "3.3": "system_error",
    "3.4": "message_too_big",
    "3.5": "system_error",
    "4.1": "expired",
    "4.2": "network_error",
    "4.3": "system_error",
    "4.4.4": "network_error",
    "5.4.4": "host_unknown",
    "4.5": "system_full",
    "4.6": "mail_loop",
    "4.7": "expired",
    "4.8": "network_error",
    "4.14": "mail_loop",
    "4.300": "expired",
    "4.310": "host_unknown",
    "4.312": "network_error",
    "4.316": "expired",
    "4.317": "network_error",
    "4.318": "system_error",
    "5.2": "syntax_error",
    "5.3": "too_many_connections",
    "5.4": "syntax_error",
    "5.5": "system_error",
    "5.6": "syntax_error",
    "7.1": "policy",
    "4.7.1": "blocked",
    "4.7.2": "blocked",
    "7.2": "policy",
    "7.13": "suspended",
    "7.16": "message_too_big",
    "7.17": "has_moved",
    "7.18": "has_moved",
    "7.20": "auth_failure",
    "7.21": "auth_failure",
    "7.22": "auth_failure",
    "7.23": "auth_failure",
    "7.24": "auth_failure",
    "7.25": "blocked",
    "7.26": "auth_failure",
    "7.27": "not_accept",
    "7.28": "spam_detected",
    "7.29": "auth_failure",
    "7.64": "relay_denied",
    "7.60": "rejected",
    "7.124": "rejected",
    "7.129": "rejected",
    "7.133": "rejected",
    "7.134": "rejected",
    "7.136": "rejected",
    "7.500": "rate_limited",
    "7.505": "suspended",
    "7.508": "rate_limited",
    "7.509": "auth_failure",
    "7.511": "blocked",
    "7.515": "auth_failure",
    "7.606": "blocked",
    "7.650": "bad_reputation",
    "7.652": "too_many_connections",
    "7.708": "rate_limited",
    "7.750": "blocked",
}
_BY_REPLY = {
    "521": "not_accept",
    "525": "suspended",
    "556": "not_accept",
    "523": "message_too_big",
    "524": "mailbox_full",
    "541": "spam_detected",
    "421": "expired",
    "432": "policy",
    "454": "system_error",
    "530": "auth_failure",
    "534": "auth_failure",
    "535": "auth_failure",
    "538": "auth_failure",
    "552": "mailbox_full",
    "452": "system_full",
    "551": "has_moved",
}
_BY_SUBJECT = {"6": "content_error", "7": "policy"}


def reason_of_status(status: str) -> str:
    """ "" for codes that say nothing."""
    return BY_STATUS.get(status) or BY_STATUS.get(status[2:], "")


def reason_of_codes(status: str, reply: str) -> str:
    """What is left to guess from when neither words nor code tell."""
    if reply[:2] in {"50", "40"} and reply[2:] < "8":
        return "syntax_error"
    return _BY_SUBJECT.get(status[2:3], "") or _BY_REPLY.get(reply, "")
