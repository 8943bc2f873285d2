"""A mail that came in is kept before anybody is told so: by SMTP, LMTP, IMAP or HTTP alike."""

import hmac
import logging
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from django.conf import settings
from django.db import transaction

from comm100.core.events import publish
from comm100.core.tenancy import working_for
from comm100.core.tokens import BadToken
from mail.events import MailArrived, StrayArrived
from mail.links import MailPurpose, read_address
from mail.models import InboundMail
from mail.statements import as_post

log = logging.getLogger("mail.inbound")
LARGEST = 10 * 2**20  # bytes
ROLES = frozenset({"postmaster", "abuse"})  # every mail host has them (RFC 5321, 4.5.1; RFC 2142)
KINDS: dict[MailPurpose, int] = {
    "leave": InboundMail.Kind.LEAVE,
    "bounce": InboundMail.Kind.BOUNCE,
    "reply": InboundMail.Kind.REPLY,
}


class Addressee(NamedTuple):
    """Which outbox row of which site a mail came back about; None, None: nobody knows yet."""

    site_id: int | None
    row_id: int | None
    kind: int


UNADDRESSED = Addressee(None, None, InboundMail.Kind.UNADDRESSED)
TO_A_ROLE = Addressee(None, None, InboundMail.Kind.ROLE)


class Kept(NamedTuple):
    inbound_id: int
    site_id: int
    kind: int


def addressee_of(address: str) -> Addressee | None:
    """Whom one of our addresses means; None when it is none of ours."""
    local, _, host = address.lower().partition("@")
    is_here = host == settings.MAIL_HOST.lower()
    if local in settings.INBOUND_NAMES and is_here:
        return UNADDRESSED
    if local in ROLES and (is_here or not host):
        return TO_A_ROLE
    try:
        purpose, row_id = read_address(address)
    except BadToken:
        return None
    rows = as_post("whom", row_id=row_id)
    return Addressee(rows[0][0], row_id, KINDS[purpose]) if rows else None


def keep(addressees: Iterable[Addressee], raw: bytes) -> list[Kept]:
    """Commit the mail, for all or for none; what came in before is not kept again.

    Raises:
        django.db.Error: it is not kept; whoever brought it must bring it again.
    """
    with transaction.atomic(using="post"):
        rows = [(one, _keep(one, raw)) for one in dict.fromkeys(addressees)]
    return [Kept(*row[0], one.kind) for one, row in rows if row]


def _keep(addressee: Addressee, raw: bytes) -> list[tuple[int, int]]:
    site_id, row_id, kind = addressee
    about = f"inbound:{row_id}:{kind}:".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), about + raw, "sha256")
    rows = as_post(
        "keep_inbound", site_id=site_id, row_id=row_id, kind=kind, raw=raw, digest=digest
    )
    return [(inbound_id, owner) for inbound_id, owner in rows]


def tell(kept: Sequence[Kept]) -> None:
    """Wake the router; a lost wake-up changes nothing, the sweep finds what waits."""
    try:
        for one in kept:
            with working_for(one.site_id):
                is_stray = one.kind in {InboundMail.Kind.UNADDRESSED, InboundMail.Kind.ROLE}
                event = StrayArrived if is_stray else MailArrived
                publish(event(site_id=one.site_id, inbound_id=one.inbound_id))
    except Exception:
        log.exception("nobody could be told of a mail that was kept")
