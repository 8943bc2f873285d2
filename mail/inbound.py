"""The door for mail that comes back: only signed addresses of ours, kept before it says 250.

`u+…` is the mailto: form of List-Unsubscribe (RFC 2369), `b+…` an envelope sender (VERP).
"""

import asyncio
import logging
from typing import Any, NamedTuple

from django.conf import settings
from django.db import DatabaseError, close_old_connections

from comm100.core.tenancy import chosen_site
from comm100.core.tokens import BadToken
from mail.links import MailPurpose, read_local
from mail.models import InboundMail
from mail.statements import as_post
from mail.tasks import route_inbound

log = logging.getLogger("mail.inbound")
LARGEST = 10 * 2**20  # bytes
_PURPOSES: dict[str, tuple[MailPurpose, int]] = {
    "u": ("leave", InboundMail.Kind.LEAVE),
    "b": ("bounce", InboundMail.Kind.BOUNCE),
}


class Addressee(NamedTuple):
    """Which outbox row of which site a mail came back about."""

    site_id: int
    row_id: int
    kind: int


class Door:
    """What aiosmtpd calls; the database is asked in one thread of its own."""

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        try:
            found = await asyncio.to_thread(_addressee, address)
        except DatabaseError:
            log.exception("the door cannot ask the database")
            return "451 4.3.0 try again later"
        if found is None:
            return "550 5.1.1 there is no such address here"
        envelope.rcpt_tos.append(found)
        return "250 2.1.5 ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        try:
            await asyncio.to_thread(_keep, envelope.rcpt_tos, envelope.original_content)
        except DatabaseError:
            log.exception("the door cannot keep a mail")
            return "451 4.3.0 try again later"
        return "250 2.0.0 kept"


def _addressee(address: str) -> Addressee | None:
    close_old_connections()
    local, _, host = address.rpartition("@")
    prefix, _, token = local.partition("+")
    if host.lower() != settings.MAIL_HOST.lower() or prefix.lower() not in _PURPOSES:
        return None
    purpose, kind = _PURPOSES[prefix.lower()]
    try:
        row_id = read_local(purpose, token)
    except BadToken:
        return None
    rows = as_post("whom", row_id=row_id)
    return Addressee(rows[0][0], row_id, kind) if rows else None


def _keep(addressees: list[Addressee], raw: bytes) -> None:
    for site_id, row_id, kind in addressees:
        ((inbound_id,),) = as_post(
            "keep_inbound", site_id=site_id, row_id=row_id, kind=kind, raw=raw
        )
        with chosen_site(site_id):
            route_inbound.delay(inbound_id)
