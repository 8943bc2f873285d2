"""What staff may open of a newsletter under a grant, a record at a time (P9.3)."""

from django.contrib import admin

from newsletter.models import (
    Campaign,
    Decision,
    Departure,
    NewsletterList,
    Subscriber,
    Variant,
)
from privacy.admin import GrantedModelAdmin


@admin.register(NewsletterList)
class NewsletterListAdmin(GrantedModelAdmin):
    """A list by itself; who is on it is a record each."""

    shown = ("number", "name", "slug", "description", "is_public", "subscribed", "created_at")


@admin.register(Subscriber)
class SubscriberAdmin(GrantedModelAdmin):
    shown = ("list", "contact", "state", "wording", "requested_at", "confirmed_at", "left_at")


@admin.register(Campaign)
class CampaignAdmin(GrantedModelAdmin):
    shown = (
        "number", "subject", "preheader", "sender_name", "reply_to", "body", "text", "state",
        "mailing", "wanted_at", "audience_size", "triggers", "created_at", "edited_at",
        "submitted_at", "decided_at",
    )  # fmt: skip


@admin.register(Variant)
class VariantAdmin(GrantedModelAdmin):
    shown = ("campaign", "place", "subject", "preheader", "body", "mailing")


@admin.register(Decision)
class DecisionAdmin(GrantedModelAdmin):
    shown = ("campaign", "verdict", "reasons", "note", "content_hash", "at")


@admin.register(Departure)
class DepartureAdmin(GrantedModelAdmin):
    shown = ("contact", "mailing", "how", "at")
