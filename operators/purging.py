"""The end of a site whose days of grace are over: in chunks, each committed, safe to repeat."""

import logging
import time

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, connection

from accounts.models import Site
from comm100.core.purging import forget_elsewhere, purge_elsewhere, purge_order
from comm100.core.storage import drop_site
from comm100.core.tenancy import working_for
from operators.models import Operator

log = logging.getLogger("comm100.purge")
MOST_AT_ONCE = 5_000
EVERYBODY = 2**31 - 1  # operators refer to each other: all at once


def purge_some(site_id: int, *, seconds: float) -> bool:
    """Work on the purge for a while; answer whether something is left.

    Raises:
        django.db.DatabaseError: this site is not to be deleted, or not yet.
    """
    end = time.monotonic() + seconds
    with working_for(site_id):
        if not Site.objects.filter(pk=site_id).exists():
            return False
        _call("app.begin_purge()")
        forget_elsewhere(site_id)
    drop_site(site_id)
    for table in purge_order():
        after: int | None = 0
        while after is not None:
            after = _purge_rows(site_id, table, after)
            if after and time.monotonic() > end:
                return True
    return not _end(site_id)


def _purge_rows(site_id: int, table: str, after: int) -> int | None:
    """Some rows from a key on; answers the last of them, None when there was none."""
    most = EVERYBODY if table == Operator._meta.db_table else MOST_AT_ONCE
    with working_for(site_id), connection.cursor() as cursor:
        cursor.execute("SELECT last FROM app.purge_rows(%s, %s, %s)", [table, most, after])
        (last,) = cursor.fetchone()
    return last  # type: ignore[no-any-return]


def _end(site_id: int) -> bool:
    """False when something was written meanwhile: the tables are walked once more."""
    try:
        with working_for(site_id):
            _call("app.end_purge()")
    except IntegrityError:
        log.warning("rows of site %s came in while it was purged", site_id)
        return False
    drop_site(site_id)
    return True


def _call(function: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}")


@purge_elsewhere
def blank_what_staff_did(site_id: int) -> None:
    """The log of the staff admin keeps that something was decided, not on which site by name."""
    sites = ContentType.objects.get_for_model(Site)
    entries = LogEntry.objects.filter(content_type=sites, object_id=str(site_id))
    entries.update(object_repr="a site that was deleted", change_message="")
