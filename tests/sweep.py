"""The canary sweep: where does a word stand? In the database, the broker and its files, the data
folder with media and logs. The clause says where it may stand and where it may not."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import redis


def places(word: str) -> list[str]:
    """`table accounts_user`, `broker celery`, `file imports/7.csv`: every place that has `word`."""
    return [*_tables(word), *_broker(word), *_files(word), *_logs_of_servers(word)]


def _tables(word: str) -> Iterator[str]:
    """Read by the administrator, past the wall; binary columns, too."""
    hexed = word.encode().hex()
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, relname FROM pg_stat_user_tables ORDER BY schemaname, relname"
        )
        for schema, table in cursor.fetchall():
            cursor.execute(
                f'SELECT count(*) FROM "{schema}"."{table}" t '
                "WHERE position(%s in t::text) > 0 OR position(%s in t::text) > 0",
                [word, hexed],
            )
            [(found,)] = cursor.fetchall()
            if found:
                yield f"table {table}"
    connection.close()


def _broker(word: str) -> Iterator[str]:
    server: Any = redis.Redis.from_url(os.environ["REDIS_URL"])
    needle = word.encode()
    for key in server.scan_iter():
        if needle in key or needle in _value(server, key):
            yield f"broker {key.decode(errors='replace')}"
    server.close()


def _value(server: Any, key: bytes) -> bytes:
    read = {
        b"string": lambda: server.get(key),
        b"list": lambda: server.lrange(key, 0, -1),
        b"hash": lambda: server.hgetall(key),
        b"set": lambda: server.smembers(key),
        b"zset": lambda: server.zrange(key, 0, -1),
        b"stream": lambda: server.xrange(key),
    }[server.type(key)]
    value = read()
    return value if isinstance(value, bytes) else repr(value).encode()


def _files(word: str) -> Iterator[str]:
    folder, needle = Path(os.environ["COMM100_DATA"]), word.encode()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if needle in path.read_bytes() or word in path.name:
            yield f"file {path.relative_to(folder)}"


def _logs_of_servers(word: str) -> Iterator[str]:
    """Logs of PostgreSQL and Valkey and the broker's files; they stand beside the data folder."""
    beside, needle = Path(os.environ["COMM100_DATA"]).parent, word.encode()
    for path in [*beside.glob("*.log"), *(beside / "valkey").rglob("*")]:
        if path.is_file() and needle in path.read_bytes():
            yield f"file ../{path.relative_to(beside)}"
