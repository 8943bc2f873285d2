"""E-mail addresses: the one way to compare them, and the keyed hash that may outlive them."""

import hmac
from contextlib import suppress
from functools import lru_cache
from hashlib import sha256

from django.conf import settings


def normalise_email(address: str) -> str:
    """Lower case, no white space around, the domain as IDNA: the form that is compared."""
    local, at, domain = address.strip().lower().rpartition("@")
    if domain and not domain.isascii():
        with suppress(UnicodeError):
            domain = domain.encode("idna").decode()
    return f"{local}{at}{domain}"


@lru_cache(maxsize=4)
def _key(secret: str) -> bytes:
    return hmac.new(secret.encode(), b"address-hash", sha256).digest()


def address_hash(normalised: str) -> bytes:
    """16 bytes that stand for a normalised address where the address itself may not (P5.4)."""
    return hmac.digest(_key(settings.SECRET_KEY), normalised.encode(), "sha256")[:16]
