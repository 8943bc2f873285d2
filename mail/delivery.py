"""The work of a lane: claim a batch, send it over the kept connections, note what became of it."""

import logging
import time
from collections.abc import Sequence
from uuid import UUID

from mail.announcing import tell_bounces
from mail.claims import TOGETHER, Batch, Row, claim, complete, mark_inflight
from mail.exchange import Exchange
from mail.kept import hang_up, server_name, sessions
from mail.outcomes import put_back
from mail.smtp import ServerTrouble, Session
from mail.statements import as_post, as_post_soon

log = logging.getLogger("mail.delivery")


def run_lane(lane: int, *, seconds: float) -> bool:
    """Deliver for about so long; whether there may be more to do at once."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        batch = claim(lane)
        if not batch.found:
            return False
        if batch.rows and not _deliver(lane, batch):
            return False
    return True


def _deliver(lane: int, batch: Batch) -> bool:
    """Send a batch; False when the server is in trouble and what waits was put back."""
    waiting = batch.rows
    try:
        while waiting:
            connected = sessions(lane)
            together, waiting = waiting[:TOGETHER], waiting[TOGETHER:]
            _send_together(connected, batch.token, mark_inflight(batch.token, together, waiting))
    except ServerTrouble as trouble:
        hang_up(lane)
        _rest(trouble)
        complete(batch.token, [put_back(row.id) for row in waiting])
        return False
    except BaseException:  # the connections may be out of step with what we know
        hang_up(lane)
        raise
    as_post_soon("relay_works", name=server_name())
    return True


def _rest(trouble: ServerTrouble) -> None:
    """Nobody claims for a while; the rows wait in the table."""
    log.warning("waiting for the mail server %s: %s", server_name(), trouble)
    as_post("relay_fails", name=server_name(), problem=str(trouble)[:300])


def _send_together(connected: Sequence[Session], token: UUID, rows: Sequence[Row]) -> None:
    """Send rows in flight and complete them; raises ServerTrouble after that.

    Whatever goes wrong, what the server answered is noted.
    """
    exchange = Exchange(connected, rows)
    try:
        exchange.run()
    finally:
        bounced = complete(token, list(exchange.known.values()))
    tell_bounces([(row, exchange.known[row.id]) for row in rows if row.id in bounced])
    if exchange.trouble:
        raise exchange.trouble
