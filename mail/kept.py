"""The kept connections of this thread to the mail server: one for a lane, several for bulk."""

import threading
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings

from mail.models import Lane
from mail.smtp import Server, ServerTrouble, Session

WANTED = {Lane.TRANSACTIONAL: 1, Lane.MARKETING: 4}
_kept = threading.local()
_server_at = lru_cache(maxsize=4)(Server.at)


def sessions(lane: int) -> list[Session]:
    """Connections that are alive, at least one; a server that wants fewer gets fewer.

    Raises:
        ServerTrouble: there is none to be had.
    """
    server = _server_at(settings.SMTP_URL)
    mine = _sessions(lane)
    for session in list(mine):
        if session.server != server or not session.is_alive():
            mine.remove(session)
            session.close()
    if not mine:
        mine.append(Session(server))
    while len(mine) < _most(lane):
        try:
            mine.append(Session(server))
        except ServerTrouble:
            _enough()[lane] = len(mine)
    return mine


def are_open(lane: int) -> bool:
    return bool(_sessions(lane))


def leave(lane: int, silent: Iterable[Session]) -> None:
    """Somebody else waits for these."""
    _sessions(lane)[:] = [one for one in _sessions(lane) if one not in set(silent)]


def hang_up(lane: int) -> None:
    for session in _sessions(lane):
        session.close()
    _sessions(lane).clear()
    _enough().pop(lane, None)


def server_name() -> str:
    """`host:port`, for people."""
    try:
        return _server_at(settings.SMTP_URL).name
    except ServerTrouble:
        return "SMTP_URL"


def _sessions(lane: int) -> list[Session]:
    if not hasattr(_kept, "sessions"):
        _kept.sessions = {}
    mine: list[Session] = _kept.sessions.setdefault(lane, [])
    return mine


def _enough() -> dict[int, int]:
    """Lane → how many the server allowed, once it refused one more."""
    if not hasattr(_kept, "enough"):
        _kept.enough = {}
    enough: dict[int, int] = _kept.enough
    return enough


def _most(lane: int) -> int:
    return _enough().get(lane, WANTED[Lane(lane)])
