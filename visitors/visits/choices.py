"""The visitor's cookie: a random id and the visitor's choices, nothing else (P4.1, P4.2, P4.3).

`<22 characters>.s` agreed to be counted, `.sp` also to have it combined with their contact, `no`
rejected: that value is the same for everybody. Before the visitor chose there is no cookie.
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from visitors.models.visitor import KEY_BYTES

ID_BYTES = 16  # 128 random bits
KEPT_SECONDS = 180 * 24 * 3600
REJECTED = "no"
AGREED = re.compile(r"(?P<id>[A-Za-z0-9_-]{22})\.s(?P<personalise>p?)")


@dataclass(frozen=True)
class Choices:
    """What a visitor chose; `by_signal`: their browser says no to everybody (Sec-GPC)."""

    id: str = ""  # "" unless they agreed to be counted
    personalise: bool = False
    decided: bool = False
    by_signal: bool = False

    @property
    def counted(self) -> bool:
        return bool(self.id)

    @property
    def value(self) -> str:
        """What the cookie holds."""
        return f"{self.id}.s{'p' if self.personalise else ''}" if self.id else REJECTED

    def key(self, site_id: int) -> bytes:
        """The random id as one site knows it."""
        return visitor_key(site_id, self.id)


NOT_ASKED = Choices()
BY_SIGNAL = Choices(decided=True, by_signal=True)


def parse(value: str) -> Choices:
    """What stands in a cookie; what is not ours counts as not asked."""
    if agreed := AGREED.fullmatch(value):
        return Choices(agreed["id"], personalise=bool(agreed["personalise"]), decided=True)
    return Choices(decided=True) if value == REJECTED else NOT_ASKED


def signalled(meta: Mapping[str, Any]) -> bool:
    """Global Privacy Control: https://www.w3.org/TR/gpc/."""
    return str(meta.get("HTTP_SEC_GPC", "")).strip() == "1"


def choices_of(request: HttpRequest) -> Choices:
    """The browser's own signal comes before any cookie."""
    if signalled(request.META):
        return BY_SIGNAL
    return parse(request.COOKIES.get(settings.VISITOR_COOKIE, ""))


def new_choices(*, counted: bool, personalise: bool, before: Choices) -> Choices:
    """A visitor who goes on being counted keeps the id; one who comes back to it gets another."""
    if not counted:
        return Choices(decided=True)
    known = before.id or token_urlsafe(ID_BYTES)
    return Choices(known, personalise=personalise, decided=True)


def keep(answer: HttpResponse, chosen: Choices) -> None:
    answer.set_cookie(
        settings.VISITOR_COOKIE,
        chosen.value,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


@lru_cache(maxsize=4)
def _secret(secret: str) -> bytes:
    return hmac.digest(secret.encode(), b"visitor-key", "sha256")


def visitor_key(site_id: int, random_id: str) -> bytes:
    """Differs from site to site, so that no two of them can compare their visitors."""
    body = f"{site_id}.{random_id}".encode()
    return hmac.digest(_secret(settings.SECRET_KEY), body, sha256)[:KEY_BYTES]
