"""How text becomes mail: quoted-printable lines, header words, addresses (RFC 2045, 2047, 6531)."""

import re
from base64 import b64encode

from mail.merge import one_line

LINE = 75  # octets before the "=" of a soft line break
SOFT_BREAK = b"=\r\n"
DOT = ord(".")
_SHORT_HEADER = 60
_WORD_OCTETS = 42  # of UTF-8 in one encoded word: 56 in base64, 68 with its frame
_CODES = [
    bytes([octet]) if 32 <= octet <= 126 and octet != 61 else b"=%02X" % octet  # noqa: PLR2004
    for octet in range(256)
]
_ADDRESS = re.compile(r"[^\s<>@,;:\"\\()\[\]\x00-\x1f\x7f]+@[^\s<>@,;:\"\\()\x00-\x1f\x7f]+")


class BadAddress(ValueError):
    """No mail server would take this address; the message is fit for the report page."""


def quoted_printable(text: str) -> bytes:
    """Text of several lines; each stands alone, so pieces may be joined by SOFT_BREAK."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return b"\r\n".join(quoted_line(line) for line in lines)


def quoted_line(line: str) -> bytes:
    """One line without CR or LF, in as many encoded lines as it needs.

    No encoded line holds two spaces in a row or ends with one: the text is in the canonical form
    that DKIM hashes (RFC 6376, 3.4.4) as it is. None begins with a dot, so that SMTP has nothing
    to stuff (RFC 5321, 4.5.2).
    """
    if _is_plain(line):
        if len(line) <= LINE:
            return line.encode()
        pieces = (line[at : at + LINE] for at in range(0, len(line), LINE))
        return SOFT_BREAK.join(piece.encode() for piece in pieces)
    return _quoted_octets(line.encode("utf-8", "replace"))


def _is_plain(line: str) -> bool:
    readable = line.isascii() and line.isprintable()
    spaced = "  " in line or line[-1:] == " "
    return readable and not spaced and "=" not in line and "." not in line[::LINE]


def _quoted_octets(octets: bytes) -> bytes:
    made, length = bytearray(), 0
    for at, octet in enumerate(octets, start=1):
        spaced = octet == 32 and octets[at : at + 1] in {b"", b" "}  # noqa: PLR2004
        code = b"=20" if spaced else _CODES[octet]
        if length + len(code) > LINE:
            made += SOFT_BREAK
            length = 0
        if octet == DOT and not length:
            code = b"=2E"
        made += code
        length += len(code)
    return bytes(made)


def header_text(value: str) -> bytes:
    """A header value that people read: as it is when short and plain, else encoded words."""
    value = one_line(value)
    if value.isascii() and len(value) <= _SHORT_HEADER and "=?" not in value:
        return value.encode()
    return b"\r\n ".join(_encoded_words(value))


def _encoded_words(value: str) -> list[bytes]:
    words, word = [], b""
    for character in value:
        octets = character.encode("utf-8", "replace")
        if len(word) + len(octets) > _WORD_OCTETS:
            words.append(word)
            word = b""
        word += octets
    return [b"=?utf-8?B?%s?=" % b64encode(piece) for piece in [*words, word]]


def named_address(name: str, address: str) -> bytes:
    """`"Name" <address>`, for From."""
    name = one_line(name)
    if not name:
        return wire_address(address).encode()
    plain = name.isascii() and len(name) <= _SHORT_HEADER and "=?" not in name
    phrase = quoted_phrase(name) if plain else header_text(name)
    return b"%s <%s>" % (phrase, wire_address(address).encode())


def quoted_phrase(value: str) -> bytes:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()


def wire_address(address: str) -> str:
    """An address as SMTP carries it, the domain in IDNA; the local part may stay non-ASCII.

    Raises:
        BadAddress: it could break the protocol or has no domain that could be looked up.
    """
    if not _ADDRESS.fullmatch(address):
        raise BadAddress("This is not a mail address.")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise BadAddress("The domain of this address cannot be looked up.") from error
