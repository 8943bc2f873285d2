"""Key pairs for DKIM: made, sealed for the table, opened again."""

import logging
from base64 import b64encode
from collections.abc import Iterator
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from django.conf import settings

from comm100.core.sealing import CannotOpen, is_stale, seal, unseal
from mail.models import DkimKey, Lane, SendingDomain
from mail.signing import PrivateKey, Signer

log = logging.getLogger("mail.keys")
PURPOSE = "dkim-key"
BITS = 2048  # 1024 is refused by some, 4096 by others and does not fit into one DNS packet
Algorithm = DkimKey.Algorithm


class Slot(NamedTuple):
    """What a domain has one active key for."""

    lane: int | None
    algorithm: int


def slots_of(domain: SendingDomain) -> list[Slot]:
    lanes: list[int | None] = list(Lane) if domain.is_of_company else [None]
    algorithms = [Algorithm.RSA, *([Algorithm.ED25519] if settings.DKIM_ED25519 else [])]
    return [Slot(lane, algorithm) for lane in lanes for algorithm in algorithms]


def make_key(domain: SendingDomain, slot: Slot, *, turn: int = 1, state: int) -> DkimKey:
    """A new key, not saved. turn: 1 or 2, the two selectors that take turns."""
    private: PrivateKey
    if slot.algorithm == Algorithm.RSA:
        private = generate_private_key(65537, BITS)
        public = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        private = Ed25519PrivateKey.generate()
        public = private.public_key().public_bytes_raw()
    key = DkimKey(
        site_id=domain.site_id,
        domain=domain,
        lane=slot.lane,
        algorithm=slot.algorithm,
        selector=selector_of(domain, slot, turn),
        public=b64encode(public).decode(),
        state=state,
    )
    der = private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    key.private = seal(PURPOSE, der, bound=_bound(key))
    return key


def selector_of(domain: SendingDomain, slot: Slot, turn: int) -> str:
    """`s42-1` of site 42; `t1` and `m1` are the company's lanes; with an e for Ed25519."""
    lanes: dict[int, str] = {Lane.TRANSACTIONAL: "t", Lane.MARKETING: "m"}
    who = lanes[slot.lane] if slot.lane else f"s{domain.site_id}-"
    return f"{who}{turn}{'e' if slot.algorithm == Algorithm.ED25519 else ''}"


def turn_of(key: DkimKey) -> int:
    return int(key.selector.rstrip("e")[-1])


def signer_of(key: DkimKey) -> Signer:
    """Needs the key with its domain; raises CannotOpen."""
    private = load_der_private_key(_opened(key), password=None)
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise TypeError(f"{key} is no key for DKIM")
    return Signer(key.domain.name, key.selector, private)


def seal_again(keys: Iterator[DkimKey]) -> int:
    """Keys under an older SECRET_KEY move to the present one; answers how many did."""
    count = 0
    for key in keys:
        if not is_stale(PURPOSE, bytes(key.private)):
            continue
        try:
            key.private = seal(PURPOSE, _opened(key), bound=_bound(key))
        except CannotOpen:
            log.error("%s cannot be opened: is the secret key of before named?", key)
            continue
        key.save(update_fields=["private"])
        count += 1
    return count


def _opened(key: DkimKey) -> bytes:
    return unseal(PURPOSE, bytes(key.private), bound=_bound(key))


def _bound(key: DkimKey) -> str:
    return f"{key.site_id}:{key.domain.name}:{key.selector}"
