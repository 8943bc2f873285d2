"""The last step of an erasure: the account itself."""

from django.contrib.admin.models import LogEntry
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from accounts.models import User

NAMELESS = "Somebody who left"


@transaction.atomic
def erase_user(user_id: int) -> int:
    """Delete the row. Of who worked for the company it stays, nameless: their grants and decisions
    are proof, and refer to it. Safe to repeat."""
    user = User.objects.select_for_update().filter(pk=user_id).exclude(name=NAMELESS).first()
    if user is None:
        return 0
    if LogEntry.objects.filter(user=user_id).exists() or not _is_deleted(user_id):
        _make_nameless(user)
    return 1


def _is_deleted(user_id: int) -> bool:
    """False when a proof refers to it: the wall hides those rows from here, the database knows."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            User.objects.filter(pk=user_id).delete()
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except (IntegrityError, ProtectedError):
        return False
    return True


def _make_nameless(user: User) -> None:
    user.email, user.name = f"nobody-{user.pk}@nowhere.invalid", NAMELESS
    user.set_unusable_password()
    user.is_active = user.is_staff = user.is_superuser = False
    user.known_browsers, user.last_login = [], None
    user.save()
