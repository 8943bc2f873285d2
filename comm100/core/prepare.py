"""Make a database ready to serve: roles, migrations, the wall. Safe to run again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from psycopg2 import sql

from comm100.core.database import APP, BACKUP, DEFINER, LOGIN_ROLES, OWNER, PURGER, role_password
from comm100.core.fortify import fingerprint, statements

EXTENSIONS = ("pg_trgm", "btree_gin")  # search through contacts
LOCK = 0x0C0100  # one `prepare` at a time; the number means nothing


@contextmanager
def administrator(url: str, lock: int = LOCK) -> Iterator[Any]:
    """A psycopg2 cursor with the rights of `url`: may make roles and change every table.

    Whoever asks with the same `lock` waits until this one is over.
    """
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(%s)", [lock])
            yield cursor
    finally:
        connection.close()


def make_database(cursor: Any, name: str) -> None:
    """Create the database of this name, unless it is there."""
    if not is_there(cursor, name):
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def is_there(cursor: Any, database: str) -> bool:
    cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database])
    return cursor.fetchone() is not None


def maintenance(url: str) -> str:
    """The same server's database that is always there."""
    return urlunsplit(urlsplit(url)._replace(path="/postgres"))


def prepare_database(url: str, *, verbosity: int = 0) -> None:
    """Roles, migrations and the wall on the database that `url` names, as its administrator."""
    with administrator(maintenance(url)) as cursor:  # roles belong to all databases at once
        make_database(cursor, urlsplit(url).path.lstrip("/"))
        make_roles(cursor)
    with administrator(url) as cursor:
        cursor.execute(f"GRANT USAGE, CREATE ON SCHEMA public TO {OWNER}")
        for extension in EXTENSIONS:
            cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        if _pending_migrations():
            call_command("migrate", database="owner", interactive=False, verbosity=verbosity)
            connections["owner"].close()
        fortify(cursor)


def make_roles(cursor: Any) -> None:
    for role in LOGIN_ROLES:
        bypass = "BYPASSRLS" if role == BACKUP else "NOBYPASSRLS"
        _make_role(cursor, role, f"LOGIN NOSUPERUSER NOCREATEROLE NOCREATEDB {bypass}")
        cursor.execute(
            sql.SQL("ALTER ROLE {} PASSWORD %s").format(sql.Identifier(role)),
            [role_password(role, settings.SECRET_KEY)],
        )
    # the chunks of an import stay in memory; taken only by who makes temporary tables
    cursor.execute(f"ALTER ROLE {APP} SET temp_buffers = '32MB'")
    _make_role(cursor, DEFINER, "NOLOGIN NOSUPERUSER BYPASSRLS")
    _make_role(cursor, PURGER, "NOLOGIN NOSUPERUSER NOBYPASSRLS")


def _make_role(cursor: Any, role: str, rights: str) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
    if not cursor.fetchone():
        cursor.execute(f"CREATE ROLE {role} {rights}")


def _pending_migrations() -> bool:
    executor = MigrationExecutor(connections["owner"])
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def fortify(cursor: Any) -> None:
    """Build the wall in one transaction, unless just this wall stands already."""
    cursor.execute("CREATE SCHEMA IF NOT EXISTS app")
    cursor.execute(
        "CREATE TABLE IF NOT EXISTS app.wall (fingerprint text NOT NULL, at timestamptz)"
    )
    wanted = fingerprint()
    cursor.execute("SELECT 1 FROM app.wall WHERE fingerprint = %s", [wanted])
    if cursor.fetchone():
        return
    cursor.execute("BEGIN")
    try:
        for statement in statements():
            cursor.execute(statement)
        cursor.execute("DELETE FROM app.wall")
        cursor.execute("INSERT INTO app.wall VALUES (%s, now())", [wanted])
        cursor.execute("COMMIT")
    except BaseException:
        cursor.execute("ROLLBACK")
        raise
