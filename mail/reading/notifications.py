"""Amazon SES tells of bounces and complaints in JSON, bare or wrapped by SNS, mailed as text.

https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html
"""

import json
from typing import Any

from mail.reading.addresses import clean
from mail.reading.reasons import is_hard, reason_of
from mail.reading.result import Original, Reading, Recipient
from mail.reading.statuses import reply_in, status_in

_SUBTYPES = {
    "Suppressed": "filtered",
    "OnAccountSuppressionList": "filtered",
    "MailboxFull": "mailbox_full",
    "MessageTooLarge": "message_too_big",
    "ContentRejected": "content_error",
    "AttachmentRejected": "content_error",
}
_MOST = 500  # recipients of one notification


def notification_in(text: str) -> Reading | None:
    told = _told(text)
    if told is None:
        return None
    original = _original(told)
    match str(told.get("notificationType") or told.get("eventType")):
        case "Bounce":
            return Reading("bounce", tuple(_bounced(_dict(told, "bounce"))), original=original)
        case "Complaint":
            return Reading("complaint", tuple(_complained(told)), original=original)
        case "Delivery":
            return Reading("bounce", tuple(_delivered(_dict(told, "delivery"))), original=original)
        case "DeliveryDelay":
            return Reading("bounce", tuple(_delayed(told)), original=original)
    return None


def _told(text: str) -> dict[str, Any] | None:
    if "notificationType" not in text and "eventType" not in text:
        return None
    told = _json(text)
    if told and isinstance(told.get("Message"), str):
        told = _json(told["Message"])
    return told


def _json(text: str) -> dict[str, Any] | None:
    """The first object in a text; what follows it does not matter."""
    start = text.find("{")
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text[start:]) if start >= 0 else (0, 0)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _dict(told: dict[str, Any], name: str) -> dict[str, Any]:
    found = told.get(name)
    return found if isinstance(found, dict) else {}


def _rows(told: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = told.get(name)
    rows = found if isinstance(found, list) else []
    rows = [one if isinstance(one, dict) else {"emailAddress": one} for one in rows[:_MOST]]
    return [row | {"emailAddress": clean(str(row.get("emailAddress", "")))} for row in rows]


def _bounced(bounce: dict[str, Any]) -> list[Recipient]:
    action = "failed" if bounce.get("bounceType") != "Transient" else "delayed"
    return [
        _recipient(row, str(row.get("action") or action), str(bounce.get("bounceSubType")))
        for row in _rows(bounce, "bouncedRecipients")
    ]


def _recipient(row: dict[str, Any], action: str, subtype: str) -> Recipient:
    words = str(row.get("diagnosticCode") or "")
    status = status_in(str(row.get("status") or "")) or status_in(words)
    reply = reply_in(words)
    reason = reason_of([words], status, reply, action)
    if reason in {"on_hold", "undefined"}:
        reason = _SUBTYPES.get(subtype, reason)
    hard = is_hard(reason, status, reply, action)
    return Recipient(row["emailAddress"], action, status, reply, reason, hard)


def _complained(told: dict[str, Any]) -> list[Recipient]:
    rows = _rows(_dict(told, "complaint"), "complainedRecipients")
    return [Recipient(row["emailAddress"], "failed", "", "", "feedback", False) for row in rows]


def _delivered(delivery: dict[str, Any]) -> list[Recipient]:
    return [
        Recipient(row["emailAddress"], "delivered", "", "", "delivered", False)
        for row in _rows(delivery, "recipients")
    ]


def _delayed(told: dict[str, Any]) -> list[Recipient]:
    delay = _dict(told, "deliveryDelay")
    return [_recipient(row, "delayed", "") for row in _rows(delay, "delayedRecipients")]


def _original(told: dict[str, Any]) -> Original:
    mail = _dict(told, "mail")
    common = _dict(mail, "commonHeaders")
    rows = [row for row in mail.get("headers") or [] if isinstance(row, dict)]
    headers = tuple((str(row.get("name", "")), str(row.get("value", ""))) for row in rows[:80])
    sent_to = _rows(mail, "destination")
    return Original(
        message_id=str(common.get("messageId") or ""),
        subject=str(common.get("subject") or ""),
        to=sent_to[0]["emailAddress"] if sent_to else "",
        headers=headers,
    )
