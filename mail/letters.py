"""From a claimed row to the bytes that leave, signed."""

import json
from email.utils import parseaddr
from functools import lru_cache

from django.conf import settings
from django.db import connections

from mail.claims import Row
from mail.content import parse
from mail.encoding import wire_address
from mail.keyring import Identity, identity_of
from mail.links import bounce_address
from mail.models import Lane
from mail.signing import headers_of, relaxed_value
from mail.smtp import Envelope
from mail.splice import Compiled, Copy, Origin, compile_mailing


def letter(row: Row) -> Envelope:
    """The mail of one row.

    Raises:
        BadAddress: no server would take the address.
    """
    recipient = wire_address(row.address)
    is_bulk = row.mailing_id is not None
    if row.mailing_id is None:
        content = bytes(row.content or b"")
        identity = identity_of(row.site_id, from_domain(content), Lane.TRANSACTIONAL)
        content = signed(content, identity)
    else:
        compiled = _compiled(Origin(row.site_id, row.slug, row.mailing_id), _hash(row))
        message_id = f"<c{row.mailing_id}.r{row.id}@{settings.MAIL_HOST}>"  # same on every try
        merge = json.loads(row.merge) if row.merge else None
        copy = Copy(row.id, row.contact_id or 0, row.address, merge, message_id)
        identity = identity_of(row.site_id, compiled.domain, Lane.MARKETING)
        content = compiled.splice(copy, identity.signers)
    sender = bounce_address(row.id, identity.return_host)
    return Envelope(row.id, sender, recipient, content, is_dotless=is_bulk)


def sender_domain(row: Row) -> str:
    """The domain in From of a mailing's row; "" for other mail."""
    if row.mailing_id is None:
        return ""
    return _compiled(Origin(row.site_id, row.slug, row.mailing_id), _hash(row)).domain


def signed(message: bytes, identity: Identity) -> bytes:
    """A whole message with the signatures in front."""
    return b"".join([*(signer.sign_message(message) for signer in identity.signers), message])


def from_domain(message: bytes) -> str:
    """The domain of the first From header; "" when there is none."""
    headers = headers_of(message.partition(b"\r\n\r\n")[0])
    value = next((value for name, value in headers if name == b"from"), b"")
    return parseaddr(relaxed_value(value).decode("ascii", "replace"))[1].rpartition("@")[2].lower()


def _hash(row: Row) -> bytes:
    return bytes(row.content_hash or b"")


@lru_cache(maxsize=32)
def _compiled(origin: Origin, content_hash: bytes) -> Compiled:
    with connections["post"].cursor() as cursor:
        cursor.execute(
            "SELECT content FROM mail_mailing WHERE id = %s AND content_hash = %s",
            [origin.mailing_id, content_hash],
        )
        (content,) = cursor.fetchone()
    return compile_mailing(parse(content), origin)
