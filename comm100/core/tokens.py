"""Signed tokens for links in mails: short, URL-safe, salted by purpose, optionally expiring.

A token carries numbers only (site, contact, campaign …), never an address or a name (P4.3).
"""

import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache
from hashlib import blake2b, sha256
from typing import Any

from django.conf import settings

SIGNATURE_BYTES = 16
_MOST = 2**63


class BadToken(ValueError):
    """The token was changed, cut short, or made for another purpose."""


class ExpiredToken(BadToken):
    """The token was good once."""


@lru_cache(maxsize=64)
def _keyed(purpose: str, secret: str) -> Any:
    """A hash with the key of a purpose in it, to copy."""
    key = hmac.new(secret.encode(), f"token:{purpose}".encode(), sha256).digest()
    return blake2b(key=key, digest_size=SIGNATURE_BYTES)


def _signature(purpose: str, body: bytes, secret: str) -> bytes:
    """Keyed BLAKE2b (RFC 7693): unlike `hmac.digest` it keeps the interpreter while it works, so
    that a mail with five tokens does not wait five times for another thread."""
    keyed = _keyed(purpose, secret).copy()
    keyed.update(body)
    signature: bytes = keyed.digest()
    return signature


def _is_signed(purpose: str, body: bytes, signature: bytes) -> bool:
    """By us, now or before a change of the secret key."""
    return any(
        hmac.compare_digest(signature, _signature(purpose, body, secret))
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )


def make_local(purpose: str, number: int) -> str:
    """A signed number in lower-case hexadecimal, at most 48 characters: for the local part of an
    address, which some mail servers lower-case."""
    digits = b"%x" % number
    return _signature(purpose, digits, settings.SECRET_KEY).hex() + digits.decode()


def read_local(purpose: str, local: str) -> int:
    """The number of a `make_local`, in any case; raises BadToken."""
    signature, digits = local[: 2 * SIGNATURE_BYTES], local[2 * SIGNATURE_BYTES :].lower()
    try:
        number = int(digits, 16)
        good = _is_signed(purpose, b"%x" % number, bytes.fromhex(signature))
    except ValueError as error:
        raise BadToken(purpose) from error
    if not good or not 0 <= number < _MOST:
        raise BadToken(purpose)
    return number


def make_token(purpose: str, *numbers: int, seconds: int | None = None) -> str:
    """Sign `numbers` (each 0 … 2**63-1) for `purpose`; it expires after `seconds`."""
    expires = int(time.time()) + seconds if seconds is not None else 0
    body = b".".join([b"%x" % n for n in (expires, *numbers)])
    signature = _signature(purpose, body, settings.SECRET_KEY)
    return urlsafe_b64encode(signature + body).rstrip(b"=").decode()


def read_token(purpose: str, token: str) -> tuple[int, ...]:
    """The numbers of a token made for `purpose`.

    Raises:
        BadToken: not ours, changed, or for another purpose.
        ExpiredToken: ours, but too old.
    """
    try:
        raw = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        good = _is_signed(purpose, body, signature)
        expires, *numbers = (int(part, 16) for part in body.split(b"."))
    except (ValueError, TypeError) as error:
        raise BadToken(purpose) from error
    if not good or any(not 0 <= n < _MOST for n in numbers):
        raise BadToken(purpose)
    if expires and expires < time.time():
        raise ExpiredToken(purpose)
    return tuple(numbers)
