"""The mail servers that `SMTP_URL` names, and how they are doing, as the database knows it."""

import logging
import time
from functools import lru_cache

from django.conf import settings

from mail.smtp import Server, ServerTrouble
from mail.statements import as_post, as_post_soon

log = logging.getLogger("mail.relays")
HEALTH_SECONDS = 2.0  # one statement for all that works would be half the work of a batch
_noted: dict[str, float] = {}
_named = lru_cache(maxsize=4)(Server.named)


def configured() -> tuple[Server, ...]:
    """Raises ServerTrouble when the setting names none."""
    return _named(settings.SMTP_URL)


def names() -> list[str]:
    """`host:port` of each, for people and for the table."""
    try:
        return [server.name for server in configured()]
    except ServerTrouble:
        return ["SMTP_URL"]


def awake() -> list[Server]:
    """Those that do not rest; all of them when there is but one, for which the claim asks."""
    servers = list(configured())
    if len(servers) == 1:
        return servers
    resting = {name for (name,) in as_post("relays_resting", relays=names())}
    return [server for server in servers if server.name not in resting]


def note_trouble(trouble: ServerTrouble) -> None:
    """Nobody uses this one for a while; what nobody takes waits in the table."""
    name = trouble.relay or names()[0]
    log.warning("waiting for the mail server %s: %s", name, trouble)
    _noted.pop(name, None)
    as_post("relay_fails", name=name, problem=str(trouble)[:300])


def note_health(name: str) -> None:
    if time.monotonic() - _noted.get(name, -HEALTH_SECONDS) >= HEALTH_SECONDS:
        _noted[name] = time.monotonic()
        as_post_soon("relay_works", name=name)


def may_take(server: Server, most: int) -> int:
    """How many mails of `most` its rate allows now, taken for us; all workers share it."""
    if not server.rate:
        return most
    [(granted,)] = as_post("relay_takes", name=server.name, rate=server.rate, most=most)
    return int(granted)
