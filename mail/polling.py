"""Mailboxes read by IMAP: for those whose replies and reports arrive at another mail server.

A mail is flagged or deleted there only after it was committed here. How far we are is committed
with it (UID and UIDVALIDITY, RFC 3501); where that is lost, the same bytes come in only once.
"""

import imaplib
import logging
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from django.db import transaction
from django.utils import timezone

from mail.keeping import LARGEST, UNADDRESSED, keep, tell
from mail.merge import one_line
from mail.models import Mailbox

log = logging.getLogger("mail.inbound")
IMAP, IMAPS = 143, 993  # ports
AT_ONCE = 200  # mails of one mailbox in one go
SILENCE = 30.0  # seconds
Trouble = (OSError, imaplib.IMAP4.error)


class Place(NamedTuple):
    """imaps://user:password@host/folder?delete=1, or imap://…?tls=starttls"""

    host: str
    port: int | None
    user: str
    password: str
    folder: str
    tls: str  # "yes", "starttls" or ""
    deletes: bool

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}/{self.folder}"[:300]


def place_of(url: str) -> Place:
    parts = urlsplit(url)
    wanted = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return Place(
        host=parts.hostname or "",
        port=parts.port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls="yes" if parts.scheme == "imaps" else wanted.get("tls", ""),
        deletes=wanted.get("delete", "") == "1",
    )


def poll(url: str) -> int:
    """Take in what is new; answers how many. Trouble is noted at the mailbox, and tried again."""
    place = place_of(url)
    box, _ = Mailbox.objects.using("post").get_or_create(name=place.name)
    taken, problem = 0, ""
    try:
        with _signed_in(place) as server:
            taken = _take(server, place, box)
    except Trouble as error:
        log.warning("mailbox %s: %s", place.name, error)
        problem = one_line(str(error))[:300] or type(error).__name__
    box.problem, box.read_at = problem, timezone.now()
    box.save(using="post", update_fields=["problem", "read_at"])
    return taken


@contextmanager
def _signed_in(place: Place) -> Iterator[imaplib.IMAP4]:
    checked = ssl.create_default_context()
    if place.tls == "yes":
        server: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            place.host, place.port or IMAPS, ssl_context=checked, timeout=SILENCE
        )
    else:
        server = imaplib.IMAP4(place.host, place.port or IMAP, timeout=SILENCE)
    try:
        if place.tls == "starttls":
            server.starttls(checked)
        server.login(place.user, place.password)
        yield server
    finally:
        with suppress(*Trouble):
            server.logout()


def _take(server: imaplib.IMAP4, place: Place, box: Mailbox) -> int:
    status, answer = server.select('"{}"'.format(place.folder.replace('"', "")))
    if status != "OK":
        raise imaplib.IMAP4.error(f"cannot open {place.folder}: {answer!r}")
    told = server.response("UIDVALIDITY")[1][0]
    validity = int(told or 0)
    if validity != box.validity:
        box.validity, box.last_uid = validity, 0
    uids = _new_uids(server, box.last_uid)
    for uid in uids:
        _take_one(server, uid, box)
        done = r"(\Seen \Deleted)" if place.deletes else r"(\Seen)"
        server.uid("STORE", str(uid), "+FLAGS.SILENT", done)
    if place.deletes and uids:
        server.expunge()
    return len(uids)


def _new_uids(server: imaplib.IMAP4, last: int) -> list[int]:
    _, answer = server.uid("SEARCH", f"UID {last + 1}:*")
    found = sorted(int(one) for one in (answer[0] or b"").split())
    return [uid for uid in found if uid > last][:AT_ONCE]  # `*` is the last one, however old


def _take_one(server: imaplib.IMAP4, uid: int, box: Mailbox) -> None:
    """Committed with how far we are; only then may anything change at the server."""
    _, answer = server.uid("FETCH", str(uid), f"(BODY.PEEK[]<0.{LARGEST}>)")
    raw = next((bytes(part[1]) for part in answer if isinstance(part, tuple)), b"")
    with transaction.atomic(using="post"):
        kept = keep([UNADDRESSED], raw) if raw.strip() else []
        box.last_uid = uid
        box.save(using="post", update_fields=["validity", "last_uid"])
    tell(kept)
