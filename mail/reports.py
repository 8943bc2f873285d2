"""The words of a server in a report, for people to read; what they mean is mail/reading's."""

import re
from email import message_from_bytes, policy
from email.message import Message
from typing import Any

from mail.merge import one_line

LONGEST = 300  # characters
_CODE = re.compile(r"^.*?\b([45]\d\d[ -](?:#?[45]\.\d{1,3}\.\d{1,3})?.*)$", re.MULTILINE)


def words_about(raw: bytes, address: str) -> str:
    """What the server said of this address; "" when no words of a server are found."""
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        return one_line(_diagnosis(message, address) or _line_with_code(message))[:LONGEST]
    except Exception:  # noqa: BLE001  the bytes are anybody's, and these words are for show
        return ""


def _diagnosis(message: Message, address: str) -> str:
    """Diagnostic-Code of this recipient (RFC 3464), of the only other one when there is none."""
    found = {}
    for part in message.walk():
        if part.get_content_type() not in {"message/delivery-status", "text/rfc822-headers"}:
            continue
        blocks: Any = part.get_payload() if part.is_multipart() else []
        for block in blocks:
            words = str(block.get("Diagnostic-Code", "")).partition(";")[2]
            about = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
            found[about.partition(";")[2].strip().lower()] = words
    told = [words for words in found.values() if words]
    return found.get(address.lower()) or (told[0] if len(told) == 1 else "")


def _line_with_code(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            found = _CODE.search(text)
            if found:
                return found[1]
    return ""
