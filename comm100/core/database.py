"""The login roles of the one database, and the Django connection of each (tenancy.md, "Roles").

Settings import this module, so it may not import Django's models or settings.
"""

import hmac
from hashlib import sha256
from typing import Any

import dj_database_url

OWNER, APP, POST, STAFF, BACKUP = (
    "comm100_owner",
    "comm100_app",
    "comm100_post",
    "comm100_staff",
    "comm100_backup",
)
DEFINER = "comm100_definer"  # cannot log in; owns the few functions that look past the wall
PURGER = "comm100_purger"  # cannot log in; reaches rows of sites whose days of grace are over
LOGIN_ROLES = (OWNER, APP, POST, STAFF, BACKUP)
ALIASES = {"default": APP, "owner": OWNER, "post": POST, "staff": STAFF}


def role_password(role: str, secret_key: str) -> str:
    """The password of a login role: derived, so that no second secret needs a home."""
    return hmac.new(secret_key.encode(), f"database-role:{role}".encode(), sha256).hexdigest()


def role_databases(url: str, secret_key: str) -> dict[str, dict[str, Any]]:
    """Django's DATABASES: one entry a role, all to the database that `url` names.

    The user and password of `url` are not used here: `manage prepare` uses them, once, to
    make the roles.
    """
    base: dict[str, Any] = {**dj_database_url.parse(url)}
    return {
        alias: base
        | {
            "USER": role,
            "PASSWORD": role_password(role, secret_key),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
            "OPTIONS": {"application_name": role, **base.get("OPTIONS", {})},
        }
        for alias, role in ALIASES.items()
    }
