"""Sessions of which a stolen table opens nothing (P10.5), and that end when they should.

The cookie holds a random secret, the tables hold its digest: `session.session_key` is the digest
wherever Django or allauth ask for it. A digest is marked, and refused when a cookie brings it.

A session ends with its row's `expire_date`, whatever the cookie says: so long after its last use,
and so long after the sign-in (accounts/limits.py). An ended row says why until it is tidied up.
"""

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions import middleware
from django.contrib.sessions.backends import db
from django.core.cache import cache
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from accounts.limits import DAY, STAFF, kind_of, limit_of

MARK = "$"
NOTE_EVERY = 300  # seconds, for where and with what a session was used
PUSH_EVERY = 60  # seconds, for its end
NOBODYS = DAY  # seconds, for sessions of nobody: a sign-up that waits for its letter
BY_ITSELF = "X-By-Itself"  # a page asked again, nobody touched it (static/js/forms.js)


def digest_of(secret: str) -> str:
    """What the tables hold for a secret: 33 characters, no way back."""
    return MARK + urlsafe_b64encode(sha256(secret.encode()).digest()[:24]).decode()


@dataclass(frozen=True)
class Ended:
    """Why the session of a cookie is over: idle, total or gone; and whose it was."""

    why: str
    kind: str = ""
    user_id: int = 0


class SessionStore(db.SessionStore):
    """Django's database sessions, kept under the digest of the secret that the cookie holds."""

    ended: Ended | None = None
    left = False  # somebody signed out
    ends_at: datetime | None = None  # as the table has it

    def __init__(self, key: str | None = None) -> None:
        """`key`: the secret of a cookie, or a digest as the tables hold it."""
        self.secret = key or ""
        super().__init__(digest_of(key) if key and not key.startswith(MARK) else key)

    def _get_new_session_key(self) -> str:
        self.secret = token_urlsafe(24)
        return digest_of(self.secret)

    async def _aget_new_session_key(self) -> str:
        return self._get_new_session_key()

    def _get_session_from_db(self) -> Any:
        row = self.model.objects.filter(session_key=self.session_key).first()
        if row and row.expire_date > timezone.now():
            self.ends_at = row.expire_date
            return row
        self.ended = self._how_it_ended(self.decode(row.session_data)) if row else Ended("gone")
        self._session_key: str | None = None
        return None

    def _how_it_ended(self, data: dict[str, Any]) -> Ended | None:
        if SESSION_KEY not in data:
            return None
        kind = data.get("kind", "")
        in_all = time.time() - data.get("began", 0) >= limit_of(kind).total
        return Ended("total" if in_all else "idle", kind, int(data[SESSION_KEY]))

    def get_expiry_date(self, **options: Any) -> datetime:
        """When the row ends, if it is not used again."""
        now = time.time()
        ends = now + NOBODYS
        if "began" in self:
            limit = limit_of(self.get("kind", ""))
            ends = min(now + limit.idle, self["began"] + limit.total)
        return datetime.fromtimestamp(ends, UTC)

    def get_expiry_age(self, **options: Any) -> int:
        """Seconds that the browser keeps the cookie: a day longer than the row, which says why."""
        if "began" not in self:
            return NOBODYS
        ends = self["began"] + limit_of(self.get("kind", "")).total
        return max(0, int(ends - time.time())) + DAY

    def begin(self) -> None:
        """From here on time counts."""
        self["began"] = int(time.time())
        self.forget_kind()

    def forget_kind(self) -> None:
        """It is found out anew, as soon as it can be asked."""
        self.pop("kind", None)

    def go_on(self) -> None:
        """It was used: its end moves. Not saved as a whole, which could undo what others save."""
        if self.modified or self.ends_at is None:
            return
        ends = self.get_expiry_date()
        if abs((ends - self.ends_at).total_seconds()) >= PUSH_EVERY:
            self.model.objects.filter(session_key=self.session_key).update(expire_date=ends)

    def cycle_key(self) -> None:
        """Under its new name it is the same session in the person's list."""
        before = self.session_key
        super().cycle_key()
        if before:
            rows = UserSession.objects.filter(session_key=before)
            rows.update(session_key=self.session_key)

    def flush(self) -> None:
        self.left = True
        super().flush()


class SessionMiddleware(middleware.SessionMiddleware):
    """Django's, but the cookie holds the secret, and a browser forgets when somebody leaves."""

    def process_request(self, request: HttpRequest) -> None:
        secret = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        known = secret if secret and not secret.startswith(MARK) else None
        request.session = SessionStore(known)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> Any:
        response = super().process_response(request, response)
        session: Any = request.session
        cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
        if cookie is not None and cookie.value:
            cookie.set(cookie.key, session.secret, session.secret)
        if session.left:  # not "storage": it holds one choice, that of the keys
            response.headers["Clear-Site-Data"] = '"cache"'
        return response


class ActivityMiddleware:
    """Notes that a session was used: when it ends, and once in five minutes from where."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = self.get_response(request)
        # some addresses answer without a database, and of a view that failed nothing is kept
        if connection.in_atomic_block and not transaction.get_rollback():
            note_use(request)
        return answer


def note_use(request: Any) -> None:
    """Of a person; what a page asks by itself is no use of it."""
    session, user = request.session, request.user
    if not session.session_key or not user.is_authenticated:
        return
    if "began" not in session:
        session.begin()
    known = session.get("kind")
    if (not known or (user.is_staff and known != STAFF)) and (kind := kind_of(user)):
        session["kind"] = kind
        _end_surplus(session, user)
    if BY_ITSELF not in request.headers:
        session.go_on()
    seen = f"seen:{session.session_key}:{get_adapter(request).get_client_ip(request)}"
    if cache.add(seen, 1, NOTE_EVERY):
        UserSession.objects.create_from_request(request)


def _end_surplus(session: SessionStore, user: Any) -> None:
    """The sessions of a person that were not used for longest end when there are too many."""
    others = UserSession.objects.filter(user=user).exclude(session_key=session.session_key)
    for surplus in others.order_by("-last_seen_at")[limit_of(session["kind"]).most - 1 :]:
        surplus.end()
