"""What staff may open of a site's mail under a grant, a record at a time (P9.3)."""

from django.contrib import admin

from mail.models import (
    Bounce,
    DkimKey,
    InboundMail,
    Mailing,
    Outbox,
    Reply,
    SendingDomain,
    SoftBounces,
    Suppression,
)
from privacy.admin import GrantedModelAdmin


@admin.register(Mailing)
class MailingAdmin(GrantedModelAdmin):
    shown = (
        "state", "hold_reason", "content", "content_hash", "approved_hash", "recipient_cap",
        "total", "sent", "failed", "suppressed", "unknown", "cancelled", "bounced", "complained",
        "created_at", "started_at", "filled_at", "finished_at",
    )  # fmt: skip


@admin.register(Outbox)
class OutboxAdmin(GrantedModelAdmin):
    """One delivery. The words of a single letter stay hidden: its links may open an account."""

    shown = (
        "address", "contact", "mailing", "lane", "state", "attempts", "not_before", "smtp_code",
        "smtp_reply", "message_id", "created_at", "settled_at",
    )  # fmt: skip


@admin.register(Bounce)
class BounceAdmin(GrantedModelAdmin):
    shown = ("kind", "reason", "status", "reply_code", "words", "row", "mailing", "contact", "at")


@admin.register(SoftBounces)
class SoftBouncesAdmin(GrantedModelAdmin):
    shown = ("address_hash", "points", "last_on")


@admin.register(Reply)
class ReplyAdmin(GrantedModelAdmin):
    shown = (
        "number", "sender", "sender_name", "subject", "new_text", "whole_text", "attachments",
        "mailing", "contact", "state", "forwarded_to", "at", "decided_at",
    )  # fmt: skip


@admin.register(InboundMail)
class InboundMailAdmin(GrantedModelAdmin):
    shown = ("number", "kind", "state", "sender", "subject", "problem", "raw", "about", "at")


@admin.register(Suppression)
class SuppressionAdmin(GrantedModelAdmin):
    shown = ("reason", "contact", "mailing", "address_hash", "at")


@admin.register(SendingDomain)
class SendingDomainAdmin(GrantedModelAdmin):
    shown = (
        "number", "name", "state", "sender", "is_used", "own_return_path", "findings", "made_at",
        "checked_at", "verified_at", "broken_since",
    )  # fmt: skip


@admin.register(DkimKey)
class DkimKeyAdmin(GrantedModelAdmin):
    """The public half; no role but the post's and the site's reads the private one."""

    shown = (
        "domain", "lane", "algorithm", "selector", "public", "state", "made_at", "activated_at",
        "retired_at",
    )  # fmt: skip
