"""Whether a mail holds somebody's address, however it is wrapped: in plain text, base64,
quoted-printable, encoded words, UTF-16 or several of these.

It does not follow the structure that a mail claims: mails wait in quarantine because theirs is
broken. Each wrapping is undone wherever it could stand, so a lost boundary, a wrong type or bytes
missing in the midst of a part hide nothing. Time and memory are a small multiple of its size.
"""

import binascii
import re
from collections.abc import Iterator, Sequence
from heapq import nlargest

from mail.reading.headers import decoded

_DEEPEST = 2  # wrappings within each other: a forwarded mail in base64 with parts in base64
_RUN = re.compile(  # eight letters are six bytes, the shortest address
    rb"[A-Za-z0-9+/]{8,}+=*+(?:[ \t>]*+\r?\n[ \t>]*+[A-Za-z0-9+/]++=*+)*+"
)
_MOST_RUNS = 50_000  # the longest ones; a mail has one a part, and its long words
_ESCAPE = re.compile(rb"=[0-9A-Fa-f]{2}")  # else equals signs only join lines
_WORDS = re.compile(rb"(?:=\?[^?\s]{1,40}\?[bBqQ]\?[^?\s]*\?=\s*){1,50}")  # RFC 2047
_PADDING = re.compile(rb"=+")
_NO_LETTERS = re.sub(rb"[A-Za-z0-9+/=]", b"", bytes(range(256)))
_SMALL = bytes(range(256)).lower()
_AT = r"(?:@|%40|&#0*64;|&#x0*40;|&commat;)"  # in text, links and HTML
_BESIDE = 8  # bytes of the neighbours that decide whether an address stands alone
# What could be a part of a longer address before it; quotes and brackets that stand around an
# address are none, nor is what a link has there (`?to=ann@…`, `mailto%3Aann%40…`). After `\n` in a
# JSON text it begins. Where quoted-printable breaks a line nothing is known until it is undone.
_BEFORE = (
    r"(?:(?<![\w.+-])(?<!\w[!#$%'*^`{|}~])(?<!=\n)(?<!=\r\n)"
    r"|(?<=\\[nrt])|(?<=%[\da-f][\da-f])(?<!%2[bde])(?<!%5f))"
)
_AFTER = r"(?![\w-]|\.\w|%2e\w|=\r?\n)"


class Wanted:
    """The addresses of one person, in all ways to write them."""

    def __init__(self, addresses: Sequence[str]) -> None:
        ways = [way for address in addresses for way in _ways_to_write(address)]
        self.marks = [
            _Mark(way, charset)
            for way in ways
            for charset in (("utf-8",) if way.isascii() else ("utf-8", "latin-1"))
        ]

    def stands_in(self, raw: bytes) -> bool:
        """Never raises, whatever the bytes are."""
        return any(self._is_in(data) for data in _readings(raw))

    def _is_in(self, data: bytes) -> bool:
        """Without zeros UTF-16 reads as ASCII does."""
        data = data.translate(_SMALL, b"\0")
        return any(mark.stands_in(data) for mark in self.marks)


class _Mark:
    """One way to write an address, in one charset."""

    def __init__(self, way: str, charset: str) -> None:
        self.charset = charset
        self.domain = way.rpartition("@")[2].encode(charset, "replace")
        pattern = _BEFORE + _AT.join(map(re.escape, way.split("@"))) + _AFTER
        self.in_text = re.compile(pattern)
        self.in_bytes = re.compile(pattern.encode(charset, "replace"))

    def stands_in(self, data: bytes) -> bool:
        """First by bytes, which only know neighbours in ASCII; what that finds is read as text."""
        if self.domain not in data:  # a hundred times as fast as the pattern
            return False
        found = self.in_bytes.finditer(data)
        return any(self.in_text.search(self._around(data, one)) for one in found)

    def _around(self, data: bytes, found: re.Match[bytes]) -> str:
        start, end = max(0, found.start() - _BESIDE), found.end() + _BESIDE
        return data[start:end].decode(self.charset, "replace")


def _ways_to_write(address: str) -> Iterator[str]:
    """As we compare it, and with the letters of an international domain (RFC 5890)."""
    yield address
    local, _, domain = address.rpartition("@")
    try:
        letters = domain.encode().decode("idna")
    except UnicodeError:
        return
    if letters != domain:
        yield f"{local}@{letters}"


def _readings(raw: bytes) -> Iterator[bytes]:
    for data in _unwrapped(raw, _DEEPEST):
        yield data
        if b"=?" in data:
            words = (found[0].decode("latin-1") for found in _WORDS.finditer(data))
            yield "\n".join(map(decoded, words)).encode()


def _unwrapped(data: bytes, deeper: int) -> Iterator[bytes]:
    """The bytes themselves and whatever is wrapped in them."""
    yield data
    if not deeper:
        return
    if b"=" in data:
        plain = binascii.a2b_qp(data)
        yield from _unwrapped(plain, deeper - 1 if _ESCAPE.search(data) else 0)
    found = (run[0].translate(None, _NO_LETTERS) for run in _RUN.finditer(data))
    runs = nlargest(_MOST_RUNS, found, key=len)
    if runs:
        yield from _from_base64(runs, deeper - 1)


def _from_base64(runs: list[bytes], deeper: int) -> Iterator[bytes]:
    """As they stand; and from each of the first four letters on, where some were lost or added."""
    whole = (b"".join(map(_bytes_of, _PADDING.split(run))) for run in runs)
    yield from _unwrapped(b"\n".join(whole), deeper)
    for start in range(4):
        yield b"\n".join(_bytes_of(run.replace(b"=", b"")[start:]) for run in runs)


def _bytes_of(letters: bytes) -> bytes:
    """Letters of base64 without padding; one that is left over says nothing."""
    whole = len(letters) - (len(letters) % 4 == 1)
    return binascii.a2b_base64(letters[:whole] + b"=" * (-whole % 4))
