"""Alerts about how grants are used: raised by the post, settled by a colleague."""

from typing import Any

from django.conf import settings
from django.db import Error, connections

from accounts.models import User
from comm100.core.tenancy import across_sites, reading_as_staff
from privacy.models import AccessAlert, AccessGrant
from privacy.models.alert import AccessAlertQuerySet

MANY = 20  # records of one staff member within an hour


def all_alerts() -> AccessAlertQuerySet:
    with across_sites():
        rows: Any = AccessAlert.objects.using("staff").for_list()
    return rows  # type: ignore[no-any-return]


def open_alerts() -> AccessAlertQuerySet:
    return all_alerts().open()


def raise_alerts() -> list[int]:
    """Look at the grants of two days; answer the ids of alerts that are new."""
    with connections["post"].cursor() as cursor:
        cursor.execute("SELECT alert_id FROM app.raise_alerts(%s)", [MANY])
        return [pk for (pk,) in cursor.fetchall() if pk]


def expire_grants() -> list[tuple[int, int]]:
    """End what is over: (site, grant) of each."""
    with connections["post"].cursor() as cursor:
        cursor.execute("SELECT over_site, over_grant FROM app.expire_grants()")
        return [(site, grant) for site, grant in cursor.fetchall()]


def who_is_told(alert: AccessAlert) -> list[str]:
    """Superusers but the one it is about, and the data protection officer if there is one."""
    others = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    found = others.exclude(pk=alert.staff_id).order_by("email").values_list("email", flat=True)
    officer = [settings.DPO_EMAIL] if settings.DPO_EMAIL else []
    return list(dict.fromkeys([*officer, *found]))


def staff_to_tell(grant: AccessGrant) -> list[str]:
    """Of an objection: who asked, who agreed, superusers, and the data protection officer."""
    own = User.objects.filter(pk__in=[grant.staff_id, grant.second_id or 0])
    above = User.objects.filter(is_active=True, is_staff=True, is_superuser=True)
    officer = [settings.DPO_EMAIL] if settings.DPO_EMAIL else []
    found = (own | above).order_by("email").values_list("email", flat=True)
    return list(dict.fromkeys([*officer, *found]))


def settle_alert(pk: int, *, by: User) -> bool:
    """A colleague looked into it; False when it is about themselves, or settled."""
    try:
        with reading_as_staff(by.pk), connections["staff"].cursor() as cursor:
            cursor.execute("SELECT app.settle_alert(%s)", [pk])
    except Error:
        return False
    return True
