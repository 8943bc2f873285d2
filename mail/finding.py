"""Mails that came to no signed address: whose they are is looked for across sites, as the post."""

import logging

from mail.models import InboundMail
from mail.reading import read_mail
from mail.statements import as_post
from mail.whose import find_row

log = logging.getLogger("mail.inbound")


def find_owner(inbound_id: int) -> int | None:
    """Give the mail to the site that it is about and answer it; None: it is nobody's.

    What was written to postmaster or abuse, and is about no mail of ours, is the company's.
    """
    rows = as_post("unread_stray", inbound_id=inbound_id)
    if not rows:
        return None
    [(content, was_to, company_id)] = rows
    raw = bytes(content)
    try:
        found = find_row(raw, read_mail(raw))
    except (ValueError, LookupError, TypeError):
        log.exception("mail %s could not be read", inbound_id)
        found = None
    if found is None and was_to == InboundMail.Kind.ROLE:
        return int(company_id)
    if found is None:
        as_post("leave_stray", inbound_id=inbound_id)
        return None
    site_id, row_id, kind = found
    as_post("address_stray", inbound_id=inbound_id, site_id=site_id, row_id=row_id, kind=kind)
    return site_id
