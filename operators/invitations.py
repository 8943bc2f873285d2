"""Invitations seen from the person who is asked: across sites, by their proven addresses."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.urls import reverse

from accounts.models import User
from comm100.core.tokens import make_token
from operators.models import Role

PURPOSE = "invitation"
LASTS = 7 * 24 * 3600  # seconds


def joining_path(site_id: int, number: int) -> str:
    """The address where an invitation is accepted; the link lasts as long as the invitation."""
    return reverse("joining", args=[make_token(PURPOSE, site_id, number, seconds=LASTS)])


@dataclass(frozen=True)
class Waiting:
    site_name: str
    inviter: str
    role: str
    expires_at: datetime
    url: str


def waiting_for(user: User) -> list[Waiting]:
    """The open invitations to a user's verified addresses (sql/fortify.sql looks past the wall)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT site_id, number, site_name, inviter, role, expires_at "
            "FROM app.invitations_of_user()"
        )
        rows = cursor.fetchall()
    return [
        Waiting(name, inviter or "", Role(role).label, expires, joining_path(site_id, number))
        for site_id, number, name, inviter, role, expires in rows
    ]
