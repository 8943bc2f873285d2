"""The addresses and links that stand in mails and lead back to one contact of one mailing.

Links carry signed numbers (site, contact, mailing). The local parts of mail addresses carry the
number of the outbox row in hexadecimal: some mail servers lower-case what stands before the @.
"""

import re
from typing import Literal, NamedTuple

from django.conf import settings

from comm100.core.tokens import BadToken, make_local, make_token, read_local, read_token

MailPurpose = Literal["bounce", "leave", "reply"]
PREFIXES: dict[str, MailPurpose] = {"b": "bounce", "u": "leave", "r": "reply"}
_ADDRESS = re.compile(rb"\b[bur]\+[a-f0-9]{33,48}@[a-z0-9.-]+", re.IGNORECASE)


class Mailed(NamedTuple):
    """Whom a link was made for. `mailing_id` is 0 when no mailing carried it."""

    site_id: int
    contact_id: int
    mailing_id: int


def unsubscribe_url(site_id: int, contact_id: int, mailing_id: int = 0) -> str:
    token = make_token("unsubscribe", site_id, contact_id, mailing_id)
    return f"{settings.PUBLIC_URL}/u/{token}"


def read_unsubscribe(token: str) -> Mailed:
    """Raises BadToken when the token is not ours, changed, or for another purpose."""
    return _mailed("unsubscribe", token)


def preferences_url(slug: str, site_id: int, contact_id: int, mailing_id: int = 0) -> str:
    token = make_token("preferences", site_id, contact_id, mailing_id)
    return f"{settings.PUBLIC_URL}/p/{slug}/newsletter/preferences/{token}/"


def read_preferences(token: str) -> Mailed:
    """Raises BadToken when the token is not ours, changed, or for another purpose."""
    return _mailed("preferences", token)


class Clicked(NamedTuple):
    """A link of a mailing, the same for all its readers: `place` is its place in `links`."""

    site_id: int
    mailing_id: int
    place: int


def open_url(site_id: int, mailing_id: int) -> str:
    """The picture that counts opens; it is the same for all readers."""
    return f"{settings.PUBLIC_URL}/o/{make_token('open', site_id, mailing_id)}"


def read_open(token: str) -> tuple[int, int]:
    """The site and the mailing; raises BadToken."""
    site_id, mailing_id = _numbers("open", token, 2)
    return site_id, mailing_id


def click_url(clicked: Clicked) -> str:
    return f"{settings.PUBLIC_URL}/c/{make_token('click', *clicked)}"


def read_click(token: str) -> Clicked:
    """Raises BadToken when the token is not ours, changed, or for another purpose."""
    return Clicked(*_numbers("click", token, len(Clicked._fields)))


def _mailed(purpose: str, token: str) -> Mailed:
    return Mailed(*_numbers(purpose, token, len(Mailed._fields)))


def _numbers(purpose: str, token: str, count: int) -> tuple[int, ...]:
    numbers = read_token(purpose, token)
    if len(numbers) != count:
        raise BadToken(purpose)
    return numbers


def bounce_address(row_id: int, host: str = "") -> str:
    """The envelope sender of one outbox row (VERP): what comes back names what it was about.

    host: a site's own return path, which leads to MAIL_HOST (mail/models/domain.py).
    """
    return f"b+{make_local('bounce', row_id)}@{host or settings.MAIL_HOST}"


def leave_address(row_id: int) -> str:
    """Where a mail program sends the mailto: form of List-Unsubscribe (RFC 2369)."""
    return f"u+{make_local('leave', row_id)}@{settings.MAIL_HOST}"


def reply_address(row_id: int) -> str:
    """Where an answer to one copy of a mailing goes (P7.3)."""
    return f"r+{make_local('reply', row_id)}@{settings.MAIL_HOST}"


class OurAddress(NamedTuple):
    """What one of our signed addresses is for, and the outbox row that it names."""

    purpose: MailPurpose
    row_id: int


def read_address(address: str) -> OurAddress:
    """Raises BadToken when it is none of ours, or was changed."""
    local, _, host = address.strip().rpartition("@")
    prefix, _, token = local.partition("+")
    purpose = PREFIXES.get(prefix.lower())
    elsewhere = host.lower() != settings.MAIL_HOST.lower()
    if purpose is None or (elsewhere and purpose != "bounce"):  # return paths of sites' own domains
        raise BadToken(address)
    return OurAddress(purpose, read_local(purpose, token))


def addresses_in(raw: bytes) -> list[OurAddress]:
    """Every signed address of ours that stands anywhere in a mail, in order, each once."""
    found = []
    for match in _ADDRESS.findall(raw.replace(b"=\r\n", b"").replace(b"=\n", b"")):
        try:
            found.append(read_address(match.decode("ascii")))
        except BadToken:
            continue
    return list(dict.fromkeys(found))
