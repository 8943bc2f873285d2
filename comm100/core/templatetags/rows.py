"""Small parts of the kit for table rows and icons, drawn in Python.

The same marks as c-avatar, c-status and c-time: a component costs about 0.1 ms, and a page of
fifty rows holds two hundred of them. Icons are drawn once a process.
"""

from datetime import datetime
from functools import lru_cache

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide as draw

from comm100.core.templatetags.face import hue, initials

register = template.Library()
SHAPES = {"date": "j M Y", "moment": "j M Y, H:i", "ago": "j M Y, H:i"}


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: str) -> str:
    """{% lucide "send" size=16 aria_hidden="true" %}"""
    return _icon(name, size, tuple(sorted(attributes.items())))


@lru_cache(maxsize=500)
def _icon(name: str, size: int, attributes: tuple[tuple[str, str], ...]) -> str:
    return draw(name, size=size, **dict(attributes))


@register.simple_tag
def avatar(name: str) -> SafeString:
    """Initials in a colour that belongs to the name."""
    return _avatar(str(name))


@lru_cache(maxsize=2000)
def _avatar(name: str) -> SafeString:
    return format_html(
        '<span class="avatar" data-size="small" data-hue="{}" aria-hidden="true">{}</span>',
        hue(name),
        initials(name),
    )


@register.simple_tag
def dot(tone: str, words: str) -> SafeString:
    """A state as words with a dot; tone is good, wait, bad, busy or idle."""
    return format_html('<span class="status" data-tone="{}">{}</span>', tone, words)


@register.simple_tag
def moment(at: datetime | None, kind: str = "moment") -> str:
    """A moment in the reader's zone (UTC without JavaScript); kind is moment, date or ago."""
    if at is None:
        return ""
    local = timezone.localtime(at)
    text = date_format(local, SHAPES[kind]) + ("" if kind == "date" else " UTC")
    return format_html(
        '<local-time kind="{}"><time datetime="{}">{}</time></local-time>',
        kind,
        local.isoformat(),
        text,
    )
