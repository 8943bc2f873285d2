"""Reasons in plain words, tones of states, for the pages of what came back."""

from typing import Any

from django import template

from mail.models import Bounce, Reply, Suppression

register = template.Library()
REASONS = {
    "user_unknown": "No such address",
    "host_unknown": "No such mail server",
    "has_moved": "The address moved",
    "mailbox_full": "Mailbox is full",
    "suspended": "Mailbox is suspended",
    "rejected": "Sender was refused",
    "filtered": "Filtered",
    "blocked": "Our server was blocked",
    "bad_reputation": "Bad reputation",
    "spam_detected": "Taken for spam",
    "virus_detected": "Taken for a virus",
    "policy": "Against their policy",
    "auth_failure": "SPF, DKIM or DMARC failed",
    "not_accept": "Takes no mail at all",
    "rate_limited": "Too much at once",
    "too_many_connections": "Too many connections",
    "message_too_big": "Mail is too large",
    "content_error": "Content was refused",
    "syntax_error": "Syntax error",
    "relay_denied": "Relaying denied",
    "network_error": "Network trouble",
    "mail_loop": "Mail goes in circles",
    "system_error": "Trouble at their server",
    "system_full": "Their disk is full",
    "expired": "Tried for too long",
    "on_hold": "Held without a reason",
    "undefined": "No reason given",
}
_BOUNCES = {Bounce.Kind.HARD: "bad", Bounce.Kind.SOFT: "wait", Bounce.Kind.OURS: "busy"}
_REPLIES = {
    Reply.State.UNDECIDED: "wait",
    Reply.State.NEW: "busy",
    Reply.State.DONE: "good",
    Reply.State.UNSUBSCRIBED: "idle",
}


@register.filter
def reason(name: str) -> str:
    return REASONS.get(name) or name.replace("_", " ").capitalize()


@register.filter
def bounce_tone(bounce: Bounce) -> str:
    return _BOUNCES.get(Bounce.Kind(bounce.kind), "idle")


@register.filter
def reply_tone(reply: Reply) -> str:
    return _REPLIES.get(Reply.State(reply.state), "idle")


@register.filter
def suppression_tone(row: Suppression) -> str:
    return "bad" if row.reason in Suppression.ABOUT_THE_ADDRESS else "idle"


@register.filter
def at(found: dict[int, Any], key: int | None) -> Any:
    """What a mapping holds under the key, if anything."""
    return found.get(key) if key else None
