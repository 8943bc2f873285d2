"""Filters of the component kit: tones of states, initials and colours of people."""

from zlib import crc32

from django import forms, template
from django.forms import BoundField

register = template.Library()

TONES = {
    "good": "active approved confirmed delivered done open scheduled sent subscribed trusted "
    "verified",
    "wait": "changes_requested expired held moderation_needed overdue paused pending queued "
    "unconfirmed waiting",
    "bad": "bounced complained failed refused rejected revoked stopped suppressed suspended",
    "busy": "importing running sending testing",
    "idle": "cancelled draft left new resting unsubscribed",
}
_TONE_OF = {state: tone for tone, states in TONES.items() for state in states.split()}


@register.filter
def tone(state: object) -> str:
    """The dot of a state: "sent" is good, "held" waits; unknown states get a plain dot."""
    return _TONE_OF.get(str(state).lower().replace(" ", "_"), "")


@register.filter
def may_be_empty(field: BoundField) -> bool:
    """Whether a form says "optional" of it: not of what cannot be changed or always has a value."""
    if field.field.required or field.field.disabled:
        return False
    widget = field.field.widget
    if not isinstance(widget, forms.Select) or widget.allow_multiple_selected:
        return True
    return any(value in ("", None) for value, _ in widget.choices)


@register.filter
def words(state: object) -> str:
    """A state as people read it: "moderation_needed" is "Moderation needed"."""
    return str(state).replace("_", " ").capitalize()


@register.filter
def initials(name: object) -> str:
    """One or two letters: "Ann Owner" is AO, "ann@example.org" is A."""
    words = str(name).partition("@")[0].split()
    return "".join(
        word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)
    ).upper()


# The first mark that is found counts: Chrome also calls itself Safari, Edge also Chrome.
BROWSERS = {
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


@register.filter
def browser(agent: object) -> str:
    """A User-Agent header as people know it: "Firefox on Windows"."""
    name = next((name for mark, name in BROWSERS.items() if mark in str(agent)), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in str(agent)), "")
    if not name:
        return str(agent)[:60] or "Unknown"
    return f"{name} on {system}" if system else name


@register.filter
def hue(name: object) -> int:
    """One of eight colours, always the same for the same name."""
    return crc32(str(name).encode()) % 8
