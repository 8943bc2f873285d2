"""Secrets at rest: sealed under a key that is derived from SECRET_KEY, one for each purpose.

AES-256-GCM; the key comes from HKDF-SHA256, so no purpose can open what another sealed. `bound`
names the row: a sealed value that was moved to another row does not open. When SECRET_KEY changes,
the old one goes to SECRET_KEY_FALLBACKS; what `is_stale` is sealed again (each app's own task).
"""

from functools import lru_cache
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

_VERSION = b"\1"
_NAME, _NONCE = 4, 12  # octets


class CannotOpen(ValueError):
    """Sealed for another purpose or row, changed, or under a key that we do not have any more."""


@lru_cache(maxsize=16)
def _derived(purpose: str, secret: str) -> tuple[bytes, AESGCM]:
    """The key's name, four octets that say nothing about it, and the key."""
    made = HKDF(SHA256(), _NAME + 32, salt=b"comm100 sealing", info=purpose.encode())
    octets = made.derive(secret.encode())
    return octets[:_NAME], AESGCM(octets[_NAME:])


def seal(purpose: str, plain: bytes, *, bound: str) -> bytes:
    name, key = _derived(purpose, settings.SECRET_KEY)
    nonce = token_bytes(_NONCE)
    return _VERSION + name + nonce + key.encrypt(nonce, plain, bound.encode())


def unseal(purpose: str, sealed: bytes, *, bound: str) -> bytes:
    """Raises CannotOpen."""
    name, nonce, rest = sealed[1:5], sealed[5:17], sealed[17:]
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        known, key = _derived(purpose, secret)
        if known == name and sealed[:1] == _VERSION:
            try:
                return key.decrypt(nonce, rest, bound.encode())
            except InvalidTag as error:
                raise CannotOpen(f"{purpose} of {bound}") from error
    raise CannotOpen(f"{purpose} of {bound}")


def is_stale(purpose: str, sealed: bytes) -> bool:
    """Whether it stands under an older key than the present one."""
    return sealed[1:5] != _derived(purpose, settings.SECRET_KEY)[0]
