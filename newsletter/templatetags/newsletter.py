"""Words and numbers of campaigns for templates."""

from typing import Any

from django import template
from django.utils import timezone

from mail.models import Outbox
from newsletter import reporting
from newsletter.deliveries import Wish
from newsletter.models import Campaign
from newsletter.outlook import status_of

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


register.simple_tag(status_of)


@register.filter
def is_to_come(row: Outbox) -> bool:
    """Whether it waits for a time that lies ahead: of its reader, or to try again."""
    return row.state in Outbox.UNSENT and row.not_before > timezone.now()


@register.simple_tag
def without(wish: Wish, name: str) -> str:
    """The query of a search with one of its parts left out."""
    return wish.query(**{name: ""})


@register.filter
def outbox_state(row: Outbox) -> str:
    return Outbox.State(row.state).name.lower()
