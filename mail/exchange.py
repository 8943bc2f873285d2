"""Rows in flight handed to the server over several connections in turn, each with one mail on
its way: while one waits for the server's word, the next is written to."""

import logging
import math
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from django.db import Error

from mail.claims import Row
from mail.encoding import BadAddress
from mail.hearing import to_go_on
from mail.leases import Held
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
from mail.smtp import Answer, ConnectionLost, Envelope, ServerTrouble, Session

log = logging.getLogger("mail.exchange")
Talk = Generator[Answer | None, None, None]
SETTLE_SECONDS = 0.5
SILENCE_SECONDS = 10.0  # then a lane goes on without this connection


class Exchange:
    """known: what became of rows so far. trouble: why the server is to be left alone.
    late: where the server fell silent; `finish` waits for these."""

    def __init__(self, sessions: Sequence[Session], rows: Sequence[Row], held: Held) -> None:
        self.sessions, self.rows, self.held = sessions, rows, held
        self.known: dict[int, Outcome] = {}
        self.trouble: ServerTrouble | None = None
        self.late: dict[Session, Talk] = {}
        self._broken: Error | None = None
        self._offers = True
        self.noted: set[int] = set()
        self._by_id = {row.id: row for row in rows}
        self._utf8 = all(session.utf8 for session in sessions)

    def run(self, *, may_leave: bool = False, settle: Callable[[], None] | None = None) -> None:
        """Offer each row once. What was never offered is put back at the end.

        may_leave: those connections where the server says nothing for SILENCE_SECONDS are left
        `late` when nobody else has anything to do.
        settle: called now and then where the server takes its time, to note what is known.

        When this is broken off by anything unforeseen, rows without an answer are not in `known`:
        they stay in flight, and end as unknown when their lease does.
        """
        settle_at = time.monotonic() + SETTLE_SECONDS
        letters = self._letters()
        talks = {one: one.deliver(letters, self.held.is_ours) for one in self.sessions}
        while talks and (able := to_go_on(list(talks), _until(talks) if may_leave else math.inf)):
            self._hear(talks, able)
            if settle and time.monotonic() >= settle_at:
                settle()
                settle_at = time.monotonic() + SETTLE_SECONDS
        self.late = talks
        at_stake = {row_id for session in talks for row_id in session.at_stake}
        for row in self.rows:
            if row.id not in at_stake:
                self.known.setdefault(row.id, put_back(row.id))
        if self._broken:
            raise self._broken

    def news(self) -> dict[int, Outcome]:
        """What is known and was not `noted` yet."""
        return {row_id: known for row_id, known in self.known.items() if row_id not in self.noted}

    def finish(self) -> None:
        """Wait for what is late; no more is offered there."""
        self._offers = False
        while self.late:
            self._hear(self.late, to_go_on(list(self.late)))
        for row in self.rows:
            self.known.setdefault(row.id, put_back(row.id))

    def _hear(self, talks: dict[Session, Talk], able: list[Session]) -> None:
        for session in able:
            if not self._goes_on(talks[session], session.server.name):
                del talks[session]

    def _goes_on(self, talk: Talk, relay: str) -> bool:
        """Hear what the server said until something was written to it; False at the end."""
        try:
            for answer in talk:
                if answer is None:
                    return True
                if is_our_fault(answer):
                    self.trouble = ServerTrouble(f"{answer.code} {answer.text}", relay)
                    return False
                row = self._by_id[answer.envelope.row_id]
                self.known[row.id] = outcome_of(answer, row.attempts)
        except ConnectionLost as lost:
            self._note_loss(lost, relay)
        return False

    def _letters(self) -> Iterator[Envelope]:
        for row in self.rows:
            if self.trouble or not self._offers or not self.held.is_ours():
                return
            try:
                envelope = letter(row)
                if not envelope.recipient.isascii() and not self._utf8:
                    raise BadAddress("The mail server takes only plain letters (ASCII).")
            except BadAddress as error:
                self.known[row.id] = cannot_be_written(row.id, str(error))
            except Error as error:  # the database is away: no mail is to blame
                self._broken = error
                return
            except Exception as error:  # one bad row must not stop the lane
                log.exception("outbox row %s cannot be written", row.id)
                self.known[row.id] = cannot_be_written(
                    row.id, f"Not written: {type(error).__name__}"
                )
            else:
                yield envelope

    def _note_loss(self, lost: ConnectionLost, relay: str) -> None:
        reason = str(lost)
        if lost.uncertain:
            row = self._by_id[lost.uncertain.row_id]
            self.known[row.id] = left_unknown(row.id, reason, is_bulk=row.mailing_id is not None)
        if lost.current:
            row = self._by_id[lost.current.row_id]
            self.known[row.id] = try_again(row.id, row.attempts, None, reason)
        if not any(one.accepted for one in self.sessions if one.server.name == relay):
            self.trouble = ServerTrouble(reason, relay)


def _until(talks: Iterable[Session]) -> float:
    """When all of them will have been silent for long."""
    return max(session.silent_since for session in talks) + SILENCE_SECONDS
