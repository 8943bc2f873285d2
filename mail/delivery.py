"""The work of a lane: claim a batch, send it over the kept connections, note what became of it."""

import time
from collections.abc import Sequence

from mail.announcing import tell_bounces
from mail.claims import BATCH, Batch, claim, complete, is_due
from mail.exchange import Exchange
from mail.kept import allowance, are_open, hang_up, leave, sessions
from mail.leases import Held, holding
from mail.letters import sender_domain
from mail.pacing import hear, in_time
from mail.relays import names, note_health, note_trouble
from mail.smtp import ServerTrouble, Session
from mail.stragglers import there_is_room, wait_for

RATE_PAUSE = 0.1  # seconds, when the rate of every server is used up


def run_lane(lane: int, *, seconds: float) -> bool:
    """Deliver for about so long; whether there may be more to do at once."""
    until = time.monotonic() + seconds
    more = True
    while more and time.monotonic() < until:
        more = _deliver_batch(lane)
    return more


def _deliver_batch(lane: int) -> bool:
    """Claim and send; False when nothing is due, or the server is in trouble.

    Connections come first: while we wait for a server, nothing is in our hands.
    """
    try:
        if not are_open(lane) and not is_due(lane):
            return False
        connected = sessions(lane)
        if not connected:
            return False
        limit = allowance(connected, BATCH)
        if not limit:
            time.sleep(RATE_PAUSE)
            return True
        batch = claim(lane, limit)
        batch = _in_time(batch)
        if batch.rows:
            with holding(batch.token, batch.since) as held:
                _send(lane, connected, batch, held)
            for name in {session.server.name for session in connected if session.accepted}:
                note_health(name)
    except ServerTrouble as trouble:
        hang_up(lane)
        note_trouble(trouble)
        return len(names()) > 1  # others may be awake
    except BaseException:  # the connections may be out of step with what we know
        hang_up(lane)
        raise
    return batch.found > 0


def _in_time(batch: Batch) -> Batch:
    """Without what has to wait; that goes back into the table."""
    sender = sender_domain(batch.rows[0]) if batch.rows else ""
    rows, later = in_time(batch.rows, sender)
    complete(batch.token, later)
    return batch._replace(rows=rows)


def _send(lane: int, connected: Sequence[Session], batch: Batch, held: Held) -> None:
    """Send what is in flight and complete it; raises ServerTrouble after that.

    Whatever goes wrong, what the server answered is noted.
    """
    exchange = Exchange(connected, batch.rows, held)
    try:
        room = there_is_room(len(connected))
        exchange.run(may_leave=room, settle=lambda: _settle(exchange, batch))
    finally:
        _settle(exchange, batch)
    if exchange.late:
        leave(lane, exchange.late)
        wait_for(exchange, held, lambda: _settle(exchange, batch))
    if exchange.trouble:
        raise exchange.trouble


def _settle(exchange: Exchange, batch: Batch) -> None:
    """Note what became known since the last time."""
    news = exchange.news()
    bounced = complete(batch.token, list(news.values()))
    exchange.noted.update(news)
    hear([row for row in batch.rows if row.id in news], news)
    tell_bounces([(row, news[row.id]) for row in batch.rows if row.id in bounced])
