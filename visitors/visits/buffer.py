"""Events wait in a Valkey stream until a worker makes rows of them (docs/visitors.md).

`keep` answers after Valkey has the event in its append-only file: web processes and workers may
die then, nothing is lost. An entry goes only after the rows made of it were committed.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import ResponseError
from redis.retry import Retry

GROUP = "rows"
MOST_WAITING = 2_000_000  # about 600 MB
ONCE = Retry(NoBackoff(), 0)
WINDOW = 10  # seconds over which a site's rate is taken
KEEP = """
local count = redis.call('INCR', KEYS[2])
if count == 1 then redis.call('EXPIRE', KEYS[2], 60) end
if count > tonumber(ARGV[1]) then return 1 end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 2 end
redis.call('XADD', KEYS[1], '*', 'e', ARGV[3])
return 0
"""


class Kept(IntEnum):
    """What became of an event."""

    YES = 0
    TOO_MANY = 1  # of this site in the last seconds
    FULL = 2  # nobody makes rows of them


@dataclass(frozen=True)
class Happened:
    """One event; `key` is empty where nobody agreed: it only counts then."""

    site_id: int
    page: str
    link: str = ""  # a click when there is one
    key: bytes = b""
    personalise: bool = False
    browser: str = ""
    language: str = ""
    ip: str | None = None

    @property
    def is_farewell(self) -> bool:
        """Not agreed any more: the visitor is to be forgotten."""
        return not self.page

    def packed(self) -> str:
        facts = (self.page, self.link, self.key.hex(), int(self.personalise))
        return json.dumps([self.site_id, *facts, self.browser, self.language, self.ip])


@dataclass(frozen=True)
class Entry:
    """An event as it stands in the stream, with its id there and the moment of its arrival."""

    id: str
    event: Happened

    @property
    def seconds(self) -> float:
        return int(self.id.split("-")[0]) / 1000

    @property
    def number(self) -> int:
        """The key of its row: the same however often the entry is read."""
        moment, place = self.id.split("-")
        return int(moment) << 20 | int(place)


@cache
def server() -> Redis:
    """It does not ask again by itself: the answer may have been lost, and the event is counted."""
    url = settings.REDIS_URL.replace("redis+socket://", "unix://")
    return Redis.from_url(url, socket_timeout=5, socket_connect_timeout=2, retry=ONCE)


@cache
def _keep() -> Callable[..., Any]:
    return server().register_script(KEEP)


def stream() -> str:
    return f"{settings.CELERY_BROKER_TRANSPORT_OPTIONS['global_keyprefix']}visits"


def keep(event: Happened) -> Kept:
    """Raises redis.RedisError when the buffer does not answer: then the event is not kept."""
    rate = f"{stream()}:{event.site_id}:{int(time.time()) // WINDOW}"
    most = settings.VISITS_PER_SECOND * WINDOW
    return Kept(int(_keep()(keys=[stream(), rate], args=[most, MOST_WAITING, event.packed()])))


def waiting() -> int:
    return int(server().xlen(stream()))


def read(reader: str, most: int, *, idle_ms: int) -> list[Entry]:
    """What another reader left behind for `idle_ms`, else what is new."""
    try:
        claimed: Any = server().xautoclaim(stream(), GROUP, reader, idle_ms, count=most)
        found: Any = claimed[1] or server().xreadgroup(GROUP, reader, {stream(): ">"}, count=most)
    except ResponseError as error:
        if "NOGROUP" not in str(error):
            raise
        server().xgroup_create(stream(), GROUP, id="0", mkstream=True)
        return read(reader, most, idle_ms=idle_ms)
    rows: Any = found if claimed[1] else [row for _, rows in found for row in rows]
    return [_entry(name.decode(), fields[b"e"]) for name, fields in rows if fields]


def _entry(name: str, packed: bytes) -> Entry:
    site_id, page, link, key, personalise, browser, language, ip = json.loads(packed)
    event = Happened(
        site_id, page, link, bytes.fromhex(key), bool(personalise), browser, language, ip
    )
    return Entry(name, event)


def done(entries: list[Entry]) -> None:
    """Their rows are committed."""
    names = [entry.id for entry in entries]
    if names:
        with server().pipeline(transaction=True) as pipe:
            pipe.xack(stream(), GROUP, *names)
            pipe.xdel(stream(), *names)
            pipe.execute()
