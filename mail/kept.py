"""The kept connections of this thread to the mail servers: one for a lane, several for bulk."""

import threading
from collections.abc import Iterable, Sequence
from weakref import WeakSet

from mail.models import Lane
from mail.relays import awake, may_take, note_trouble
from mail.smtp import Server, ServerTrouble, Session

WANTED = {Lane.TRANSACTIONAL: 1, Lane.MARKETING: 4}
_kept = threading.local()
_all: "WeakSet[Session]" = WeakSet()  # of every thread, for what a server allows one process
_guard = threading.Lock()


def sessions(lane: int) -> list[Session]:
    """Connections that are alive; a server that wants fewer gets fewer. None when all rest.

    Several servers share them by weight. One that cannot be reached rests, and the others do it.

    Raises:
        ServerTrouble: there is none to be had.
    """
    servers = awake()
    mine = _sessions(lane)
    for session in list(mine):
        if session.server not in servers or session.is_worn or not session.is_alive():
            mine.remove(session)
            session.close()
    trouble = _fill_up(lane, mine, servers)
    if trouble and not mine:
        raise trouble
    return mine


def _fill_up(lane: int, mine: list[Session], servers: list[Server]) -> ServerTrouble | None:
    """Connect where the fewest are for its weight, until there are enough; the last trouble."""
    trouble, able = None, [server for server in servers if not _has_enough(lane, mine, server)]
    while able and len(mine) < WANTED[Lane(lane)]:
        server = min(able, key=lambda one: (_count(mine, one) + 1) / one.weight)
        try:
            mine.append(_connected(server))
        except ServerTrouble as error:
            able.remove(server)
            if _count(mine, server):  # it wants no more than these
                _enough()[lane, server] = _count(mine, server)
                continue
            if trouble and mine:
                note_trouble(trouble)
            trouble = error
        able = [one for one in able if not _has_enough(lane, mine, one)]
    if trouble and mine:
        note_trouble(trouble)
    return trouble


def _connected(server: Server) -> Session:
    session = Session(server)  # may take seconds: not under the guard
    with _guard:
        _all.add(session)
    return session


def _has_enough(lane: int, mine: Sequence[Session], server: Server) -> bool:
    if _count(mine, server) >= _enough().get((lane, server), WANTED[Lane(lane)]):
        return True
    with _guard:
        its = sum(one.ear is not None for one in _all if one.server == server)
    return 0 < server.connections <= its


def _count(mine: Sequence[Session], server: Server) -> int:
    return sum(session.server == server for session in mine)


def allowance(connected: Sequence[Session], most: int) -> int:
    """How many mails may go now over these connections; each knows its own share of it."""
    total = 0
    for server in {session.server for session in connected}:
        granted = may_take(server, most)
        total += granted
        its = [session for session in connected if session.server == server]
        for place, session in enumerate(its):
            share = granted // len(its) + (place < granted % len(its))
            session.quota = share if server.rate else None
    return min(total, most)


def are_open(lane: int) -> bool:
    return bool(_sessions(lane))


def leave(lane: int, silent: Iterable[Session]) -> None:
    """Somebody else waits for these."""
    _sessions(lane)[:] = [one for one in _sessions(lane) if one not in set(silent)]


def hang_up(lane: int) -> None:
    for session in _sessions(lane):
        session.close()
    _sessions(lane).clear()
    _enough().clear()


def _sessions(lane: int) -> list[Session]:
    if not hasattr(_kept, "sessions"):
        _kept.sessions = {}
    mine: list[Session] = _kept.sessions.setdefault(lane, [])
    return mine


def _enough() -> dict[tuple[int, Server], int]:
    """How many a server allowed in a lane, once it refused one more."""
    if not hasattr(_kept, "enough"):
        _kept.enough = {}
    enough: dict[tuple[int, Server], int] = _kept.enough
    return enough
