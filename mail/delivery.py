"""The work of a lane: claim a batch, send it over the kept connections, note what became of it."""

import logging
import time
from collections.abc import Sequence

from mail.announcing import tell_bounces
from mail.claims import Batch, claim, complete, is_due
from mail.exchange import Exchange
from mail.kept import are_open, hang_up, server_name, sessions
from mail.leases import Held, holding
from mail.smtp import ServerTrouble, Session
from mail.statements import as_post, as_post_soon

log = logging.getLogger("mail.delivery")
HEALTH_SECONDS = 2.0


class _Noted:
    """When this process last wrote that the server works."""

    at = -HEALTH_SECONDS


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
        batch = claim(lane)
        if batch.rows:
            with holding(batch.token, batch.since) as held:
                _send(connected, batch, held)
            _note_health()
    except ServerTrouble as trouble:
        hang_up(lane)
        _rest(trouble)
        return False
    except BaseException:  # the connections may be out of step with what we know
        hang_up(lane)
        raise
    return batch.found > 0


def _note_health() -> None:
    """Now and then: one statement for all that works would be half the work of a batch."""
    if time.monotonic() - _Noted.at > HEALTH_SECONDS:
        _Noted.at = time.monotonic()
        as_post_soon("relay_works", name=server_name())


def _rest(trouble: ServerTrouble) -> None:
    """Nobody claims for a while; the rows wait in the table."""
    log.warning("waiting for the mail server %s: %s", server_name(), trouble)
    as_post("relay_fails", name=server_name(), problem=str(trouble)[:300])


def _send(connected: Sequence[Session], batch: Batch, held: Held) -> None:
    """Send what is in flight and complete it; raises ServerTrouble after that.

    Whatever goes wrong, what the server answered is noted.
    """
    exchange = Exchange(connected, batch.rows, held)
    try:
        exchange.run()
    finally:
        bounced = complete(batch.token, list(exchange.known.values()))
    tell_bounces([(row, exchange.known[row.id]) for row in batch.rows if row.id in bounced])
    if exchange.trouble:
        raise exchange.trouble
