"""Sessions of which a stolen table opens nothing (P10.5).

The cookie holds a random secret, the tables hold its digest: `session.session_key` is the digest
wherever Django or allauth ask for it. A digest is marked, and refused when a cookie brings it.
"""

from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions import middleware
from django.contrib.sessions.backends import db
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

MARK = "$"
NOTE_EVERY = 300  # seconds


def digest_of(secret: str) -> str:
    """What the tables hold for a secret: 33 characters, no way back."""
    return MARK + urlsafe_b64encode(sha256(secret.encode()).digest()[:24]).decode()


class SessionStore(db.SessionStore):
    """Django's database sessions, kept under the digest of the secret that the cookie holds."""

    def __init__(self, key: str | None = None) -> None:
        """`key`: the secret of a cookie, or a digest as the tables hold it."""
        self.secret = key or ""
        super().__init__(digest_of(key) if key and not key.startswith(MARK) else key)

    def _get_new_session_key(self) -> str:
        self.secret = token_urlsafe(24)
        return digest_of(self.secret)

    async def _aget_new_session_key(self) -> str:
        return self._get_new_session_key()


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, but the cookie holds the secret."""

    def process_request(self, request: HttpRequest) -> None:
        secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        known = secret if secret and not secret.startswith(MARK) else None
        request.session = SessionStore(known)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> Any:
        response = super().process_response(request, response)
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie.value:
            secret = request.session.secret  # type: ignore[attr-defined]
            cookie.set(cookie.key, secret, secret)
        return response


class ActivityMiddleware:
    """Notes when and from where a session was last used, once in five minutes, not each time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.session.session_key
        if key and request.user.is_authenticated:
            seen = f"seen:{key}:{get_adapter(request).get_client_ip(request)}"
            if cache.add(seen, 1, NOTE_EVERY):
                UserSession.objects.create_from_request(request)
        return self.get_response(request)
