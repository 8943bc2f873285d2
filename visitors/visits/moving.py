"""From the buffer into the tables: some thousand events at a time, each site in its own wall."""

import os
import time
from collections import defaultdict
from secrets import token_hex

from django.db import DatabaseError
from redis import Redis

from comm100.core.tenancy import working_for
from visitors.visits import buffer, rows
from visitors.visits.buffer import Entry

BATCH = 4_000
TURN_SECONDS = 20.0  # then others have the worker
IDLE_MS = 10_000  # what a reader has had in its hands for so long, another takes
LEASE_SECONDS = 15  # one mover at a time; after a kill the next goes on then
READER = f"{os.uname().nodename}-{os.getpid()}"
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


def move(seconds: float = TURN_SECONDS) -> int:
    """Make rows of what waits, until nothing does or the time is over; answer how many events.

    Only one mover works at a time; another one that comes goes away at once.
    """
    server, lease, mine = buffer.server(), f"{buffer.stream()}:mover", token_hex(8)
    if not server.set(lease, mine, nx=True, ex=LEASE_SECONDS):
        return 0
    moved, until = 0, time.monotonic() + seconds
    try:
        while time.monotonic() < until and _still_mine(server, lease, mine):
            entries = buffer.read(READER, BATCH, idle_ms=IDLE_MS)
            if not entries:
                break
            moved += _write(entries)
    finally:
        server.eval(RELEASE, 1, lease, mine)
    return moved


def _still_mine(server: Redis, lease: str, mine: str) -> bool:
    if server.get(lease) != mine.encode():
        return False
    server.expire(lease, LEASE_SECONDS)
    return True


def _write(entries: list[Entry]) -> int:
    """Commit site by site; what cannot be written stays in the buffer and is tried again."""
    by_site: dict[int, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_site[entry.event.site_id].append(entry)
    written, failure = 0, None
    for site_id, happened in by_site.items():
        try:
            with working_for(site_id):
                rows.write(happened)
        except DatabaseError as error:
            failure = error
            continue
        buffer.done(happened)
        written += len(happened)
    if failure:
        raise failure
    return written
