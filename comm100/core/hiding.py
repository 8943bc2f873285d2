"""Names of keys in Valkey: whoever reads its memory or its file sees neither address nor IP."""

import re
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any

from django.conf import settings

ROOM = re.compile(r"[a-z][a-z-]{1,30}")


@lru_cache(maxsize=4)
def _keyed(secret: str) -> Any:
    key = blake2b(secret.encode(), person=b"name-of-a-key").digest()
    return blake2b(key=key, digest_size=16)


def hidden(name: object) -> str:
    """32 signs in place of a name: under our key, so that nobody tries all addresses (RFC 7693)."""
    keyed = _keyed(settings.SECRET_KEY).copy()
    keyed.update(str(name).encode())
    digest: str = keyed.hexdigest()
    return digest


def cache_key(key: str, prefix: str, version: int) -> str:
    """The KEY_FUNCTION of the cache: what stands before the first colon says what it is about."""
    room = key.partition(":")[0]
    return f"{prefix}:{version}:{room if ROOM.fullmatch(room) else 'other'}:{hidden(key)}"


@lru_cache(maxsize=2048)
def network_of(address: str) -> str:
    """Whom a limit is about: an IPv4 address, or what one customer has of IPv6 (/64)."""
    found = ip_address(address)
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(IPv6Network((found, 64), strict=False).network_address)
