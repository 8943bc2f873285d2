"""The work of a lane: claim a batch, send it over the kept connection, note what became of it."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from mail.announcing import tell_bounces
from mail.claims import TOGETHER, Batch, Row, claim, complete, mark_inflight
from mail.encoding import BadAddress
from mail.letters import letter
from mail.outcomes import (
    Outcome,
    cannot_be_written,
    is_our_fault,
    left_unknown,
    outcome_of,
    put_back,
    try_again,
)
from mail.smtp import ConnectionLost, Envelope, Server, ServerTrouble, Session
from mail.statements import as_post, as_post_soon

log = logging.getLogger("mail.delivery")
_kept = threading.local()  # one connection a lane in each thread of each process
_server_at = lru_cache(maxsize=4)(Server.at)


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
            session = _session(lane)
            together, waiting = waiting[:TOGETHER], waiting[TOGETHER:]
            _send_together(session, batch.token, mark_inflight(batch.token, together, waiting))
    except ServerTrouble as trouble:
        hang_up(lane)
        _rest(trouble)
        complete(batch.token, [put_back(row.id) for row in waiting])
        return False
    except BaseException:  # the connection may be out of step with what we know
        hang_up(lane)
        raise
    as_post_soon("relay_works", name=_server_at(settings.SMTP_URL).name)
    return True


def _rest(trouble: ServerTrouble) -> None:
    """Nobody claims for a while; the rows wait in the table."""
    name = _server_name()
    log.warning("waiting for the mail server %s: %s", name, trouble)
    as_post("relay_fails", name=name, problem=str(trouble)[:300])


def _server_name() -> str:
    try:
        return _server_at(settings.SMTP_URL).name
    except ServerTrouble:
        return "SMTP_URL"


def _session(lane: int) -> Session:
    """The kept connection of this lane, or a new one; raises ServerTrouble."""
    server = _server_at(settings.SMTP_URL)
    session: Session | None = _sessions().get(lane)
    if session and session.server == server and session.is_alive():
        return session
    hang_up(lane)
    session = _sessions()[lane] = Session(server)
    return session


def _sessions() -> dict[int, Session]:
    if not hasattr(_kept, "sessions"):
        _kept.sessions = {}
    sessions: dict[int, Session] = _kept.sessions
    return sessions


def hang_up(lane: int) -> None:
    session = _sessions().pop(lane, None)
    if session:
        session.close()


def _send_together(session: Session, token: UUID, rows: Sequence[Row]) -> None:
    """Send rows in flight and complete them; raises ServerTrouble after that.

    Whatever else goes wrong, what the server answered is noted; a row without an answer stays
    in flight, and ends as unknown when its lease does.
    """
    known: dict[int, Outcome] = {}
    trouble = None
    try:
        try:
            _exchange(session, rows, known)
        except ConnectionLost as lost:
            trouble = None if session.accepted else ServerTrouble(str(lost))
            _note_loss(lost, rows, known)
        except ServerTrouble as refused:
            trouble = refused
        for row in rows:  # never offered
            known.setdefault(row.id, put_back(row.id))
    finally:
        bounced = complete(token, list(known.values()))
    tell_bounces([(row, known[row.id]) for row in rows if row.id in bounced])
    if trouble:
        raise trouble


def _exchange(session: Session, rows: Sequence[Row], known: dict[int, Outcome]) -> None:
    attempts = {row.id: row.attempts for row in rows}
    for answer in session.deliver(_letters(session, rows, known)):
        if is_our_fault(answer):
            raise ServerTrouble(f"{answer.code} {answer.text}")
        row_id = answer.envelope.row_id
        known[row_id] = outcome_of(answer, attempts[row_id])


def _letters(
    session: Session, rows: Sequence[Row], known: dict[int, Outcome]
) -> Iterator[Envelope]:
    for row in rows:
        try:
            envelope = letter(row)
            if not envelope.recipient.isascii() and not session.utf8:
                raise BadAddress("The mail server takes only addresses in plain letters (ASCII).")
        except BadAddress as error:
            known[row.id] = cannot_be_written(row.id, str(error))
        except Exception as error:  # one bad row must not stop the lane
            log.exception("outbox row %s cannot be written", row.id)
            known[row.id] = cannot_be_written(row.id, f"Not written: {type(error).__name__}")
        else:
            yield envelope


def _note_loss(lost: ConnectionLost, rows: Sequence[Row], known: dict[int, Outcome]) -> None:
    by_id = {row.id: row for row in rows}
    if lost.uncertain:
        row = by_id[lost.uncertain.row_id]
        known[row.id] = left_unknown(row.id, str(lost), is_bulk=row.mailing_id is not None)
    if lost.current:
        row = by_id[lost.current.row_id]
        known[row.id] = try_again(row.id, row.attempts, None, str(lost))
