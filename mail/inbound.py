"""The door for mail that comes back, over SMTP or LMTP: kept and committed before it says 250.

It takes mail for signed addresses only: `u+…` is the mailto: form of List-Unsubscribe (RFC 2369),
`b+…` an envelope sender (VERP), `r+…` the Reply-To of a mailing; for INBOUND_NAMES, where
providers send their reports; and for postmaster and abuse.
"""

import asyncio
import logging
import ssl
from collections import Counter
from functools import partial
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from django import db
from django.conf import settings

from mail.keeping import LARGEST, Addressee, addressee_of, keep, tell

log = logging.getLogger("mail.inbound")
LATER = "451 4.3.0 try again later"
RECIPIENTS = 100  # of one mail (RFC 5321, 4.5.3.1.8)
CONNECTIONS, FROM_ONE_HOST = 200, 20  # at once
SILENCE = 60.0  # seconds after which a connection is closed
LINE = 2**20  # bytes; reports of old mailers have long ones


class Door:
    """What aiosmtpd calls; the database is asked in threads of their own."""

    def __init__(self, *, each_recipient: bool = False) -> None:
        self.each_recipient = each_recipient  # LMTP: one reply for each (RFC 2033)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= RECIPIENTS:
            return "452 4.5.3 too many recipients"
        try:
            found = await asyncio.to_thread(_addressee, address)
        except db.Error:
            log.exception("the door cannot ask the database")
            return LATER
        if found is None:
            return "550 5.1.1 there is no such address here"
        envelope.rcpt_tos.append(found)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        try:
            await asyncio.to_thread(_keep, envelope.rcpt_tos, envelope.original_content)
            answer = "250 2.0.0 kept"
        except db.Error:
            log.exception("the door cannot keep a mail")
            answer = LATER
        return "\r\n".join([answer] * (len(envelope.rcpt_tos) if self.each_recipient else 1))

    async def handle_exception(self, error: Exception) -> str:
        """A fault of ours loses no mail: whoever brought it comes again."""
        log.error("the door stumbled", exc_info=error)
        return LATER


class Listener(SMTP):
    """One connection: counted, long lines allowed, closed when too many are open."""

    line_length_limit = LINE
    open_now: Counter[str] = Counter()

    def connection_made(self, transport: Any) -> None:
        self.peer = str((transport.get_extra_info("peername") or ["local"])[0])
        self.is_counted = not hasattr(self, "is_counted")  # STARTTLS comes here a second time
        self.open_now[self.peer] += self.is_counted
        if self.open_now.total() > CONNECTIONS or self.open_now[self.peer] > FROM_ONE_HOST:
            transport.write(b"421 4.7.0 too many connections, come back later\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.open_now[self.peer] -= 1
        if self.open_now[self.peer] <= 0:
            del self.open_now[self.peer]
        if self.session is not None:  # it was let in
            super().connection_lost(error)


class LocalListener(Listener, LMTP):
    """The same for a mail server on our side that hands on to us (RFC 2033)."""


def listener(*, lmtp: bool = False) -> Any:
    """What makes one connection, with the settings of this installation."""
    return partial(
        LocalListener if lmtp else Listener,
        Door(each_recipient=lmtp),
        hostname=settings.MAIL_HOST,
        ident="mail",
        data_size_limit=LARGEST,
        enable_SMTPUTF8=True,
        timeout=SILENCE,
        tls_context=_tls(),
    )


def _tls() -> ssl.SSLContext | None:
    """STARTTLS is offered when there is a certificate (COMM100_INBOUND_CERT, _KEY)."""
    if not settings.INBOUND_CERT:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.INBOUND_CERT, settings.INBOUND_KEY or None)
    return context


def _addressee(address: str) -> Addressee | None:
    db.close_old_connections()
    return addressee_of(address)


def _keep(addressees: list[Addressee], raw: bytes) -> None:
    db.close_old_connections()
    tell(keep(addressees, raw))
    db.close_old_connections()
