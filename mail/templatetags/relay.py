"""For pages about mail on its way: whether the mail server can be reached."""

from typing import Any

from django import template

from mail.models import Relay

register = template.Library()


@register.inclusion_tag("mail/waiting.html")
def waiting_for_server() -> dict[str, Any]:
    """A notice while we wait for the mail server; nothing while it works."""
    return {"relay": Relay.objects.in_trouble().order_by("failing_since").first()}
