"""Why one has to sign in again, in words."""

from django import template
from django.conf import settings

from accounts.limits import in_words, limit_of

register = template.Library()
WORDS = {
    "idle": "Nobody was here for {idle}, so you were signed out.",
    "total": "A sign-in is good for {total}, and yours was older.",
    "gone": "You were signed out: on another device, or because your account changed.",
}


@register.filter
def why_again(told: str | None) -> str:
    """`idle.owner` of the address → a sentence; "" for what we did not write."""
    why, _, kind = (told or "").partition(".")
    if why not in WORDS or (kind and kind not in settings.SESSION_LIMITS):
        return ""
    limit = limit_of(kind)
    return WORDS[why].format(idle=in_words(limit.idle), total=in_words(limit.total))
