"""DKIM signatures: relaxed/relaxed, RSA-SHA256 and Ed25519-SHA256 (RFC 6376, RFC 8463).

A mailing knows most of what is signed before the first copy: `outline` canonicalises its headers
once, with the places that differ left open, and its body is written so that it is its own
canonical form (`mail/encoding.py`). A copy then costs one hash of the body and one signature:

    outline = outline_of(head_pieces)                    # once
    canonical = b"".join(…outline.pieces, filled…)       # for each copy
    Signer.sign(outline.names, canonical, body_hash(body))

Whole messages go through `Signer.sign_message`. OpenSSL computes without the GIL, but a thread
that computes in Python meanwhile makes each signature wait for it, up to
`sys.getswitchinterval()`: bulk mail is signed in processes (docs/decisions/0016).
"""

import re
import time
from base64 import b64encode
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Generic, NamedTuple, TypeVar

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

PrivateKey = RSAPrivateKey | Ed25519PrivateKey
Hole = TypeVar("Hole")
# What a reader sees or acts on is named once more than it stands there: a second From, Subject
# or Reply-To added on the way breaks the signature (RFC 6376, 5.4.2 and 8.15).
SEALED = (b"from", b"to", b"cc", b"reply-to", b"subject", b"date", b"mime-version", b"content-type")
COVERED = (
    b"message-id",
    b"in-reply-to",
    b"references",
    b"content-transfer-encoding",
    b"auto-submitted",
    b"list-id",
    b"list-unsubscribe",
    b"list-unsubscribe-post",
    b"feedback-id",
)
_SPACE = re.compile(rb"[ \t\r\n]+")
_LINE = 72
_PADDING, _SHA256 = PKCS1v15(), hashes.SHA256()


class Outline(NamedTuple, Generic[Hole]):
    """The headers that are signed, canonical, in the order of `names`; holes are filled a copy."""

    names: bytes  # h=
    pieces: tuple[bytes | Hole, ...]


def relaxed_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4. Lines end with CRLF; a lone CR or LF is content."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").removesuffix(b" ")
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def body_hash(canonical: bytes) -> bytes:
    """bh= of a body that is canonical already: what the splicer writes, or `relaxed_body`."""
    return b64encode(sha256(canonical).digest())


def relaxed_value(value: bytes) -> bytes:
    """RFC 6376, 3.4.2: unfolded, white space in one, none around."""
    return _SPACE.sub(b" ", value).strip(b" ")


def headers_of(head: bytes) -> list[tuple[bytes, bytes]]:
    """A header block as (name in lower case, value as it stands), in order."""
    found: list[tuple[bytes, bytes]] = []
    for line in head.split(b"\r\n"):
        if line[:1] in {b" ", b"\t"} and found:
            name, value = found[-1]
            found[-1] = (name, value + b"\r\n" + line)
        elif b":" in line:
            name, _, value = line.partition(b":")
            found.append((name.strip(b" \t").lower(), value))
    return found


def selected(head: bytes) -> tuple[bytes, bytes]:
    """What of a header block is signed: the names for h=, and their canonical lines."""
    waiting: dict[bytes, list[bytes]] = {}
    for name, value in headers_of(head):
        waiting.setdefault(name, []).append(value)
    names: list[bytes] = []
    lines: list[bytes] = []
    for name in (*SEALED, *COVERED):
        values = waiting.get(name, [])
        names += [name] * len(values)
        lines += [b"%s:%s\r\n" % (name, relaxed_value(value)) for value in reversed(values)]
    return b":".join([*names, *SEALED]), b"".join(lines)


def outline_of(head: Sequence[bytes | Hole]) -> Outline[Hole]:
    """The outline of a header block in pieces. What fills a hole goes through `relaxed_value`."""
    holes = [piece for piece in head if not isinstance(piece, bytes)]
    marks = iter(range(len(holes)))
    marked = b"".join(p if isinstance(p, bytes) else b"\0%d\0" % next(marks) for p in head)
    names, lines = selected(marked)
    odd = lines.split(b"\0")  # literal, number, literal, …
    pieces = [holes[int(piece)] if at % 2 else piece for at, piece in enumerate(odd)]
    return Outline(names, tuple(pieces))


class Signer:
    """One key of one domain. Safe to use from several threads."""

    def __init__(self, domain: str, selector: str, key: PrivateKey) -> None:
        self.domain, self.selector = domain, selector
        self._key = key
        self._algorithm = "rsa" if isinstance(key, RSAPrivateKey) else "ed25519"

    def __repr__(self) -> str:
        return f"<Signer {self.selector}._domainkey.{self.domain} {self._algorithm}>"

    def sign(self, names: bytes, canonical: bytes, bh: bytes) -> bytes:
        """The DKIM-Signature line (folded, with its CRLF) for canonical headers and a body."""
        return self._written(names, canonical, b"t=%d; bh=%s; b=" % (int(time.time()), bh))

    def sign_message(self, message: bytes) -> bytes:
        """The DKIM-Signature line for a whole message whose lines end with CRLF."""
        head, _, body = message.partition(b"\r\n\r\n")
        names, canonical = selected(head)
        return self.sign(names, canonical, body_hash(relaxed_body(body)))

    def _written(self, names: bytes, canonical: bytes, rest: bytes) -> bytes:
        """Folded where the canonical form has a space, so that both are the same to a verifier."""
        folded, flat = _opening(self._algorithm, self.domain, self.selector, names)
        signature = self._signature(canonical + flat + rest)
        value = b"\r\n ".join(signature[at : at + _LINE] for at in range(0, len(signature), _LINE))
        return b"%s%s%s\r\n" % (folded, rest.replace(b"; ", b";\r\n "), value)

    def _signature(self, octets: bytes) -> bytes:
        if isinstance(self._key, RSAPrivateKey):
            return b64encode(self._key.sign(octets, _PADDING, _SHA256))
        return b64encode(self._key.sign(sha256(octets).digest()))  # RFC 8463, 3


def sign_all(signers: Iterable[Signer], names: bytes, canonical: bytes, bh: bytes) -> bytes:
    """One DKIM-Signature line for each signer; none of them covers another."""
    return b"".join(signer.sign(names, canonical, bh) for signer in signers)


@lru_cache(maxsize=512)
def _opening(algorithm: str, domain: str, selector: str, names: bytes) -> tuple[bytes, bytes]:
    """Everything before t=, as it is written and as it is signed."""
    tags = f"v=1; a={algorithm}-sha256; c=relaxed/relaxed; d={domain}; s={selector}; h=".encode()
    folds = b"DKIM-Signature: " + tags.replace(b"c=", b"\r\n c=").replace(b" \r\n", b"\r\n")
    lines = _wrapped(names)
    folded = folds.replace(b" h=", b"\r\n h=") + b"\r\n  ".join(lines) + b";\r\n "
    flat = b"dkim-signature:" + tags + b" ".join(lines) + b"; "
    return folded, flat


def _wrapped(names: bytes) -> list[bytes]:
    """The names in lines, each but the last ending with its colon."""
    lines, line = [], b""
    for name in names.split(b":"):
        if len(line) + len(name) > _LINE:
            lines.append(line)
            line = b""
        line += name + b":"
    return [*lines, line[:-1]]
