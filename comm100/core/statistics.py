"""What the planner knows of a site: it learns of one that got many rows before autovacuum looks.

Where PostgreSQL's statistics know all sites of a table, it takes one that came up since for a site
with one row. Then any index that begins with the site looks equally good to it, and it may read the
whole site for one row (docs/performance.md, "A site that statistics do not know yet").
"""

import logging
import time

from django.db import DatabaseError, connection, transaction

from comm100.core.tenancy import working_for

log = logging.getLogger("comm100.statistics")
PAUSE = 60  # seconds; a small site among very many stays unknown, however often one counts
_learned: dict[tuple[str, int], float] = {}  # table and site → when, by this process


def learn_site(site_id: int) -> list[str]:
    """Let statistics know this site where it has many rows and they expect few; in which tables.

    Between transactions, after many rows came in and before many are worked through: a look takes
    some milliseconds. Fails quietly, because only plans depend on it.
    """
    try:
        with working_for(site_id), connection.cursor() as cursor:
            cursor.execute("SELECT app.tables_where_unknown()")
            unknown = [table for (table,) in cursor.fetchall()]
        return [table for table in unknown if _learn(table, site_id)]
    except DatabaseError as error:
        log.warning("statistics do not know site %s: %s", site_id, error)
        return []


def _learn(table: str, site_id: int) -> bool:
    """False when we just did."""
    now = time.monotonic()
    if now - _learned.get((table, site_id), -PAUSE) < PAUSE:
        return False
    _learned[table, site_id] = now
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT app.learn_table(%s)", [table])
    return True
