"""Tidying up after people."""

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from accounts.sessions import SessionStore
from comm100.core.tasks import company_task

DAY = 24 * 3600


@company_task(every=DAY)
def forget_old_sessions() -> None:
    """Sessions that ran out, and what the session list knew of them (address, browser)."""
    SessionStore.clear_expired()
    alive = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=alive).delete()
