"""Words and numbers of campaigns for templates."""

from typing import Any

from django import template

from mail.models import Outbox
from newsletter import reporting
from newsletter.models import Campaign

register = template.Library()


register.filter("delivered_rate", reporting.delivered_rate)
register.filter("unsubscribed_rate", reporting.unsubscribed_rate)


@register.filter
def at(values: dict[Any, Any], key: Any) -> Any:
    """What stands under a key, "" when nothing does."""
    return values.get(key, "")


@register.filter
def state_name(campaign: Campaign) -> str:
    """`moderation_needed`: the name of the state, for tones and conditions."""
    return Campaign.State(campaign.state).name.lower()


@register.filter
def outbox_state(row: Outbox) -> str:
    return Outbox.State(row.state).name.lower()
