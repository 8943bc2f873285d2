"""Words that no password may be made of: ours, the product's, and those around the person.

Whoever guesses here tries these first: `Northwind-Newsletter-2026!` is long, and weak.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

PRODUCT = {
    *("comm100", "admin", "campaign", "chat", "contact", "customer", "desk", "forum", "help"),
    *("live", "login", "mail", "newsletter", "operator", "owner", "password", "secret", "service"),
    *("site", "staff", "support", "ticket", "website", "welcome"),
}
SHORTEST = 3  # letters of a word that counts
ENOUGH = 4  # letters that have to remain without them
WORDS = "Do not make it of names that others know: of {company}, your site, you, or our words."

_names: list[Callable[[int], Iterable[str]]] = []


def offer_names(names_around: Callable[[int], Iterable[str]]) -> None:
    """Say how to find names around the user of an id: of the sites where the user works."""
    _names.append(names_around)


def is_made_of(password: str, names: Iterable[str]) -> bool:
    """Whether little is left of it without these names, our own words, digits and signs."""
    words = PRODUCT | {w for name in names for w in re.split(r"[\W_]+", name.casefold())}
    words |= set(re.split(r"\W+", settings.COMPANY_NAME.casefold()))
    left = password.casefold()
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= SHORTEST:
            left = left.replace(word, " ")
    return len(re.sub(r"[\W\d_]", "", left)) < ENOUGH


def refuse_own_words(password: str, names: Iterable[str]) -> None:
    """Raises ValidationError."""
    if is_made_of(password, [settings.HOST, *names]):
        raise ValidationError(WORDS.format(company=settings.COMPANY_NAME), code="own_words")


class OwnWordsValidator:
    """For settings.AUTH_PASSWORD_VALIDATORS."""

    def validate(self, password: str, user: Any = None) -> None:
        names = [user.email, user.name] if user else []
        if user and user.pk:
            names += [name for names_around in _names for name in names_around(user.pk)]
        refuse_own_words(password, names)

    def get_help_text(self) -> str:
        return WORDS.format(company=settings.COMPANY_NAME)


def host_of(web_url: str) -> str:
    return urlsplit(web_url).hostname or ""
