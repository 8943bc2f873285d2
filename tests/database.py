"""The database of a test process: the first one makes it as `bin/serve` does, the others copy."""

import os
from typing import Any
from urllib.parse import urlsplit

import psycopg2
from django.apps import apps
from django.db import connections
from psycopg2 import sql

from comm100.core.prepare import administrator, is_there, maintenance, prepare_database
from privacy.documents import publish_files

LOCK = 0x0C01FF  # one process makes the pattern; the number means nothing
KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "privacy_publishedtext",
}


def make_database() -> None:
    """Roles, migrations, the wall and the papers, in the database of this process."""
    url = os.environ["DATABASE_URL"]
    mine, pattern = urlsplit(url).path.lstrip("/"), f"test_{os.environ['COMM100_TEST_RUN']}"
    with administrator(maintenance(url), lock=LOCK) as cursor:
        if not is_there(cursor, pattern):
            prepare_database(url)
            publish_files()
            connections.close_all()
            _copy(cursor, mine, pattern)
        elif not is_there(cursor, mine):
            _copy(cursor, pattern, mine)


def _copy(cursor: Any, of: str, to: str) -> None:
    names = (sql.Identifier(to), sql.Identifier(of))
    cursor.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))


def delete_all_rows() -> None:
    """As a new database, whatever a test committed."""
    while not _delete_rows(_administrator()):
        pass  # a worker of the browser tests was in the midst of them


def _administrator(kept: list[Any] = []) -> Any:  # noqa: B006  a new connection knows no table yet
    if not kept or kept[0].closed:
        kept[:] = [psycopg2.connect(os.environ["DATABASE_URL"])]
    return kept[0]


def _delete_rows(administrator: Any) -> bool:
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True)} - KEPT
    try:
        with administrator, administrator.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # past append-only triggers
            cursor.execute(";".join(f"DELETE FROM {table}" for table in sorted(tables)))
    except psycopg2.errors.DeadlockDetected:
        return False
    return True
