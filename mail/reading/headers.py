"""Header fields of mail as it really comes: folded wrongly, encoded twice, in any bytes."""

import re
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header
from functools import lru_cache

FIELD = re.compile(r"([!-9;-~]{1,76})[ \t]*:[ \t]*(.*)")
_LARGEST = 4_000  # characters of one value that are kept
_MOST = 400  # fields of one mail that are read
_ENCODED = re.compile(r"=\?[^?\s]{1,40}\?[bBqQ]\?[^?\s]*\?=")


class Headers:
    """The fields of one mail or part, in order; names in lower case, values unfolded."""

    __slots__ = ("fields",)

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self.fields = fields

    def get(self, name: str) -> str:
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def text(self, name: str) -> str:
        """The value as people read it (RFC 2047)."""
        return decoded(self.get(name))

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.fields)


def split_headers(text: str) -> tuple[Headers, str]:
    """Header fields and what follows; a body may start without the blank line before it."""
    fields: list[tuple[str, str]] = []
    at = _first_field(text)
    while at < len(text):
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        line = text[at:end]
        if not line.strip():
            return Headers(fields), text[end + 1 :]
        if not _take(line, fields):
            return Headers(fields), text[at:]
        at = end + 1
    return Headers(fields), ""


def _first_field(text: str) -> int:
    """Past blank lines, and past the envelope line of an mbox."""
    at = len(text) - len(text.lstrip("\n \t"))
    if text.startswith(("From ", ">From "), at):
        return text.find("\n", at) + 1 or len(text)
    return at


def _take(line: str, fields: list[tuple[str, str]]) -> bool:
    if line[0] in " \t":
        if not fields:
            return False
        name, value = fields[-1]
        if len(value) < _LARGEST:
            fields[-1] = (name, f"{value} {line.strip()}"[:_LARGEST])
        return True
    found = FIELD.match(line)
    if not found:
        return False
    if len(fields) < _MOST:
        fields.append((found[1].lower(), found[2].strip()[:_LARGEST]))
    return True


@lru_cache(maxsize=512)
def decoded(value: str) -> str:
    if "=?" not in value or not _ENCODED.search(value):
        return value
    try:
        pieces = decode_header(value)
    except (HeaderParseError, ValueError):
        return value
    return "".join(
        piece if isinstance(piece, str) else to_text(piece, charset or "ascii")
        for piece, charset in pieces
    )


def to_text(data: bytes, charset: str) -> str:
    """In the charset it claims, or the likeliest one."""
    charset = charset.strip().strip("\"'").lower()
    if b"\x1b$" in data or b"\x1b(" in data:
        charset = "iso2022_jp_ext" if charset in {"", "us-ascii", "ascii"} else charset
    for guess in (charset, "utf-8"):
        if guess in {"", "ascii", "us-ascii", "unknown-8bit", "x-unknown", "8bit"}:
            continue
        try:
            return data.decode(guess)
        except (LookupError, UnicodeError, ValueError):
            continue
    return _as_claimed(data, charset)


def _as_claimed(data: bytes, charset: str) -> str:
    try:
        if charset not in {"", "ascii", "us-ascii", "utf-8", "utf8"}:
            return data.decode(charset, "replace")
    except (LookupError, UnicodeError, ValueError):
        pass
    return data.decode("cp1252", "replace")


_PARAMETER = re.compile(
    r""";\s*([a-z0-9-]{1,30})\*?(?:0\*?)?\s*=\s*(?:"((?:[^"\\]|\\.){0,300})"|([^\s;"]{0,300}))""",
    re.IGNORECASE,
)


def content_type(headers: Headers) -> tuple[str, dict[str, str]]:
    """Type in lower case and its parameters."""
    value = headers.get("content-type")
    kind = value.partition(";")[0].strip().lower().split(" ")[0]
    given = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(value)}
    return (kind if "/" in kind else "text/plain"), given
