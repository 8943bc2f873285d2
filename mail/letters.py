"""From a claimed row to the bytes that leave."""

import json
from functools import lru_cache

from django.conf import settings
from django.db import connections

from mail.claims import Row
from mail.content import parse
from mail.encoding import wire_address
from mail.links import bounce_address
from mail.smtp import Envelope
from mail.splice import Compiled, Copy, Origin, compile_mailing


def letter(row: Row) -> Envelope:
    """The mail of one row; DKIM will sign here.

    Raises:
        BadAddress: no server would take the address.
    """
    recipient = wire_address(row.address)
    if row.mailing_id is None:
        content = bytes(row.content or b"")
    else:
        compiled = _compiled(Origin(row.site_id, row.slug, row.mailing_id), _hash(row))
        message_id = f"<c{row.mailing_id}.r{row.id}@{settings.MAIL_HOST}>"  # same on every try
        merge = json.loads(row.merge) if row.merge else None
        copy = Copy(row.id, row.contact_id or 0, row.address, merge, message_id)
        content = compiled.splice(copy)
    return Envelope(row.id, bounce_address(row.id), recipient, content)


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
