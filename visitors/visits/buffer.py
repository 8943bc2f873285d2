"""Events wait in a Valkey stream until a worker makes rows of them (docs/visitors.md).

`keep` answers after Valkey has the event in its append-only file: web processes and workers may
die then, nothing is lost. An entry goes only after the rows made of it were committed.
"""

import json
import logging
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

from comm100.core.hiding import hidden, network_of

log = logging.getLogger("comm100.visits")
GROUP = "rows"
MOST_WAITING = 2_000_000  # about 600 MB
ONCE = Retry(NoBackoff(), 0)
WINDOW = 10  # seconds over which a site's rate is taken
FILE_SECONDS = 24 * 3600  # after which Valkey writes its file anew
COUNTED_FOR = 2 * WINDOW  # seconds that a counter lives
KEEP = """
local function more_than(key, most)
  local count = redis.call('INCR', key)
  if count == 1 then redis.call('EXPIRE', key, ARGV[4]) end
  return count > tonumber(most)
end
if KEYS[3] and more_than(KEYS[3], ARGV[5]) then return 3 end
if more_than(KEYS[2], ARGV[1]) then return 1 end
if redis.call('XLEN', KEYS[1]) >= tonumber(ARGV[2]) then return 2 end
redis.call('XADD', KEYS[1], '*', 'e', ARGV[3])
return 0
"""


class Kept(IntEnum):
    """What became of an event."""

    YES = 0
    TOO_MANY = 1  # of this site in the last seconds
    FULL = 2  # nobody makes rows of them
    TOO_MANY_OF_ONE = 3  # from one network in the last seconds


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


def keep(event: Happened, *, told_by: str | None = None) -> Kept:
    """told_by: the address of whoever tells, for the limit of one network; it is not stored.

    Raises redis.RedisError when the buffer does not answer: then the event is not kept.
    """
    rate = f"{stream()}:{event.site_id}:{int(time.time()) // WINDOW}"
    keys = [stream(), rate]
    most = settings.VISITS_PER_SECOND * WINDOW
    given = [most, MOST_WAITING, event.packed(), COUNTED_FOR]
    if told_by and settings.VISITS_PER_ADDRESS:
        keys.append(f"{rate}:{_network(rate, event, told_by)}")
        given.append(settings.VISITS_PER_ADDRESS * WINDOW)
    return Kept(int(_keep()(keys=keys, args=given)))


def _network(rate: str, event: Happened, told_by: str) -> str:
    """Another name in each window. A no is counted apart: others' views do not use it up."""
    return hidden(f"{rate}:{event.is_farewell}:{network_of(told_by)}")


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


def write_file_anew() -> None:
    """Valkey's file holds what was dropped since, too, until it is written anew."""
    try:
        server().bgrewriteaof()
    except ResponseError as error:  # it does so already; or a service that we do not run refuses
        log.warning("Valkey does not write its file anew: %s", error)


def done(entries: list[Entry]) -> None:
    """Their rows are committed."""
    names = [entry.id for entry in entries]
    if names:
        with server().pipeline(transaction=True) as pipe:
            pipe.xack(stream(), GROUP, *names)
            pipe.xdel(stream(), *names)
            pipe.execute()
