"""Says what kind of mail came back and lets the reader of that kind read it."""

import logging
from email import message_from_bytes, policy
from email.message import Message

from mail.reading.addresses import addresses_in_header
from mail.reading.automatic import is_auto_reply
from mail.reading.bounces import bounce_in
from mail.reading.complaints import complaint_in
from mail.reading.headers import Headers
from mail.reading.notifications import notification_in
from mail.reading.original import original_of
from mail.reading.parts import READ, Mail, take_apart
from mail.reading.replies import new_text
from mail.reading.result import BROKEN, Original, Reading, Recipient
from mail.reading.wishes import wish

log = logging.getLogger("mail.reading")


def read_mail(raw: bytes) -> Reading:
    """Never raises, whatever the bytes: what cannot be read is broken, and shown to people."""
    try:
        return _read(raw)
    except Exception:  # one odd mail must not stop the others behind it
        log.exception("a mail of %s bytes cannot be read", len(raw))
        return BROKEN


def _read(raw: bytes) -> Reading:
    mail = take_apart(raw)
    told = complaint_in(mail) or _notified(mail)
    if told:
        return told
    bounce = bounce_in(mail)
    if bounce:
        return Reading("bounce", bounce.recipients, "", "", bounce.original)
    if not len(mail.head):
        return BROKEN
    return _written(mail, message_from_bytes(raw[:READ], policy=policy.compat32))


def _notified(mail: Mail) -> Reading | None:
    texts = (part.text for part in mail.parts if part.depth == 0)
    return next((told for text in texts if (told := notification_in(text))), None)


def _written(mail: Mail, message: Message) -> Reading:
    """By a person, or by a machine for a person."""
    about = _answered(mail.head)
    text = new_text(message)
    if is_auto_reply(message):
        senders = addresses_in_header(mail.head.get("from"))[:1]
        away = tuple(Recipient(one, "delivered", "", "", "vacation", False) for one in senders)
        return Reading("auto_reply", away, text, "", about)
    wanted = wish(text, mail.head.text("subject"))
    return Reading("unsubscribe" if wanted == "clear" else "reply", (), text, wanted, about)


def _answered(head: Headers) -> Original:
    """The mail that this one answers."""
    last = (head.get("in-reply-to").split() or head.get("references").split()[-1:] or [""])[0]
    return original_of(Headers([]))._replace(
        message_id=last[:300], subject=head.text("subject")[:998]
    )
