"""Transactional mail: one message to each recipient, kept whole until it left."""

from email import message_from_bytes
from email.generator import BytesGenerator
from email.policy import compat32
from email.utils import parseaddr
from io import BytesIO
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection, transaction

from accounts.models import Site
from comm100.core.addresses import address_hash, normalise_email
from comm100.core.events import publish
from mail.content import MailingContent
from mail.encoding import header_text
from mail.events import MailQueued
from mail.splice import Copy, Origin, compile_sample
from visitors.models import Contact

_SEVEN_BIT = compat32.clone(cte_type="7bit", linesep="\r\n")


@transaction.atomic
def enqueue(message: EmailMessage, *, key: str | None = None, circular: str | None = None) -> int:
    """Put a Django mail into the transactional lane; answers how many recipients are new.

    It belongs to the site in context, else to the company. With a `key`, a second call with the
    same key changes nothing. `circular` names what goes to many, so that it can be counted and
    stopped as a whole (mail/operations/recalling.py).

    Raises:
        BadHeaderError: a header holds CR or LF.
    """
    message_id = _prepare(message)
    content = _bytes(message)
    addresses = dict.fromkeys(parseaddr(to)[1] or to for to in message.recipients() if to)
    return sum(
        _queue(address, message_id, content, f"{key}:{number}" if key else None, circular)
        for number, address in enumerate(addresses)
    )


def send_sample(content: MailingContent, *, contact: Contact, to: str) -> None:
    """One spliced copy, as `contact` would get it, to somebody of the site (a test send).

    It leaves in the transactional lane; its unsubscribe links lead to nobody (contact 0).
    """
    message_id = new_message_id()
    site = Site.objects.get(pk=contact.site_id)
    compiled = compile_sample(content, Origin(site.pk, site.slug, 0))
    values = {"name": contact.name, "fields": contact.fields}
    copy = Copy(0, 0, to, values, message_id)
    with transaction.atomic():
        _queue(to, message_id, compiled.splice(copy), None)


def new_message_id() -> str:
    return f"<{uuid4().hex}@{settings.MAIL_HOST}>"


def message_bytes(message: EmailMessage) -> bytes:
    """The mail as it goes over the wire, with the headers that each of ours has."""
    _prepare(message)
    return _bytes(message)


def _prepare(message: EmailMessage) -> str:
    headers = {name.lower(): value for name, value in message.extra_headers.items()}
    if "auto-submitted" not in headers:
        message.extra_headers["Auto-Submitted"] = "auto-generated"
    if "message-id" not in headers:
        message.extra_headers["Message-ID"] = new_message_id()
    return str(headers.get("message-id") or message.extra_headers["Message-ID"])


def _bytes(message: EmailMessage) -> bytes:
    """In ASCII whatever is inside: no relay on the way needs to speak 8BITMIME."""
    made = BytesIO()
    parsed = message_from_bytes(message.message().as_bytes())  # Django's own parts insist on 8 bit
    # Python's words of up to 75 octets do not fit behind "Subject: " and leave an empty line there
    parsed.replace_header("Subject", header_text(str(message.subject)).decode())
    BytesGenerator(made, mangle_from_=False, policy=_SEVEN_BIT).flatten(parsed)
    return made.getvalue()


def _queue(
    address: str, message_id: str, content: bytes, key: str | None, circular: str | None = None
) -> int:
    hashed = address_hash(normalise_email(address))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT site_id, id FROM app.enqueue_mail(%s, %s, %s, %s, %s, %s)",
            [address, hashed, message_id, content, key, circular],
        )
        site_id, row_id = cursor.fetchone()
    if row_id is None:
        return 0
    publish(MailQueued(site_id=site_id))
    return 1
