"""The journal of a site: facts that must be provable, written with what they prove.

Hash-chained and append-only in the database (sql/fortify.sql). Only grants, access, decisions,
consent, roles, exports and sign-ins belong here: the head row is a lock. `detail` holds ids,
field names, counts and hashes, no content, so that the journal may outlive an erasure (P8, P9).
"""

import json
from collections.abc import Collection
from typing import Any, Protocol

from django.db import connection, models


class Actor(Protocol):
    """Whoever acts: operators, users, contacts; `actor_name` is `operator:12`, never a name."""

    @property
    def actor_name(self) -> str: ...


def record(
    action: str, subject: models.Model | None = None, *, by: Actor | str, **detail: Any
) -> int:
    """Append to the journal of the site in context, in this transaction; answer its `seq`."""
    actor = by if isinstance(by, str) else by.actor_name
    table = subject._meta.db_table if subject else ""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT app.journal_append(%s, %s, %s, %s, %s::jsonb)",
            [
                actor,
                action,
                table,
                str(subject.pk) if subject else "",
                json.dumps(detail, default=str),
            ],
        )
        (seq,) = cursor.fetchone()
    return int(seq)


_ACTIONS = """
    WITH RECURSIVE done AS (
        (SELECT action FROM core_journalentry WHERE site_id = %(site)s ORDER BY action LIMIT 1)
        UNION ALL
        SELECT (
            SELECT action FROM core_journalentry
            WHERE site_id = %(site)s AND action > done.action ORDER BY action LIMIT 1
        )
        FROM done WHERE done.action IS NOT NULL
    )
    SELECT action FROM done WHERE action IS NOT NULL
"""


def actions_of(site_id: int) -> list[str]:
    """Which actions stand in a journal: from one to the next by the index, however long it is."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIONS, {"site": site_id})
        return [str(action) for (action,) in cursor.fetchall()]


def breaks() -> list[int]:
    """The `seq` of every entry of the site in context that was tampered with; [] when whole."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq FROM app.journal_breaks()")
        return [int(seq) for (seq,) in cursor.fetchall()]


def seals_of(seqs: Collection[int]) -> dict[int, bytes]:
    """The seals of entries of the site in context, also of those that it may not read yet."""
    if not seqs:
        return {}
    with connection.cursor() as cursor:  # privacy/sql/disclosures.sql
        cursor.execute("SELECT seq, hash FROM app.journal_seals(%s)", [sorted(seqs)])
        return {int(seq): bytes(seal) for seq, seal in cursor.fetchall()}
