"""Addresses in reports: with types, quotes, comments, routes, in X.400, encoded, broken."""

import re
from email.errors import HeaderParseError
from email.utils import getaddresses

from mail.reading.headers import decoded

# Where one may stand in running text. Bounded, so that no text makes it slow.
ADDRESS = re.compile(
    r"(?<![\w.!#$%&*+/=?^`{|}~@-])"
    r"((?:\"[^\"\n<>]{1,64}\"|[\w!#$%&*+/=?^`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,127})"
    r"@(?:\[[\d.:a-fA-F]{3,45}\]|[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}(?!\w|[.-]\w)))"
)
# Scripts that are written without blanks, where words touch the address.
_JOINED = "\u0e00-\u0eff\u3001-\u9fff\uac00-\ud7af\uff00-\uffef"
_GLUED = re.compile(
    rf"(?<=[{_JOINED}])(?=[A-Za-z0-9][A-Za-z0-9._%+=-]{{0,63}}@[A-Za-z0-9])"
    rf"|(?<=[A-Za-z0-9])(?=[{_JOINED}])"
)
_WHOLE = re.compile(
    r"[^\s@<>\"(),;:\\]{1,128}@[^\s@<>\"(),;:\\]{1,253}\Z|\"[^\"<>]{1,64}\"@\S{1,253}\Z"
)
_QUOTED = re.compile(r"\"[^\"<>\n]{1,64}\"@[\w-]{1,63}(?:\.[\w-]{1,63}){0,9}")
_TYPE = re.compile(
    r"\s*(?:rfc-?822|utf-8|smtp|unknown|local|x400|x\.400|ex|dns|x-[\w-]{1,30}|rfc\s?2?822)\s*;",
    re.I,
)
_MOST_COMMENTS = 50
_COMMENT = re.compile(r"\([^()]{0,200}\)")
_X400_MAIL = re.compile(r"(?:RFC-?822|SMTP)[=:]([^/;\s]{3,200})", re.I)
_XTEXT = re.compile(r"\+([0-9A-F]{2})")
_MUST_BE_CODED = {"2B", "3D", "40", "20", "22", "28", "29", "2C", "3A", "3B", "3C", "3E", "5C"}
_CODE_POINT = re.compile(r"\\x\{([0-9a-fA-F]{2,6})\}")
_ENCAPSULATED = re.compile(r"IMCEA(?:SMTP|INVALID|RFC822)-(.{3,200})@[^@]{3,250}\Z", re.I)


def address_of_field(value: str) -> str:
    """Of a field such as Final-Recipient: `rfc822; <cat@example.net>`. "" when there is none."""
    value = decoded(value)
    bare = _TYPE.sub("", value, count=1)
    x400 = _X400_MAIL.search(bare) if "=" in bare else None
    if x400:
        bare = x400[1].replace("(a)", "@").replace("(A)", "@")
    return clean(bare) or _first_in(bare)


def clean(text: str) -> str:
    """The address when the text is one and nothing else; "" otherwise."""
    text = text.strip()
    quoted = _QUOTED.search(text) if '"@' in text else None
    if quoted:
        return quoted[0]
    if "<" in text and "@" in text.rpartition("<")[2]:
        text = text.rpartition("<")[2].partition(">")[0]
    text = _COMMENT.sub("", text).strip(" \t<>;,:'\"`[]*|").removeprefix("mailto:")
    text = text.strip().rstrip(".")
    text = _CODE_POINT.sub(_character, text)
    if text.startswith("@") and ":" in text:  # a source route
        text = text.rpartition(":")[2]
    text = _unencoded(text)
    return text if _WHOLE.match(text) else ""


def parted(text: str) -> str:
    """With blanks where Chinese, Japanese, Korean or Thai words touch an address."""
    return _GLUED.sub(" ", text) if "@" in text else text


_PLACE = re.compile(r"\"?(?:\||:include:|/(?!.*=))")  # `/S=cat/O=…` is X.400


def is_public(address: str) -> bool:
    """Not one that only has a meaning inside the server: `ewalsh@ims-ms-daemon`, a pipe, a path."""
    local, _, domain = address.rpartition("@")
    domain = domain.lower()
    if _PLACE.match(local):
        return False
    return "." in domain.strip(".") and not domain.endswith((".local", ".localdomain", ".invalid"))


def _character(match: re.Match[str]) -> str:
    try:
        return bytes.fromhex(match[1].zfill(8)).decode("utf-32-be")
    except UnicodeDecodeError:
        return ""


def _unencoded(text: str) -> str:
    """xtext (RFC 3461) and what Exchange wraps other addresses in."""
    wrapped = _ENCAPSULATED.match(text)
    if wrapped:
        text = wrapped[1]
    signs = _XTEXT.findall(text)
    coded = bool(signs) and len(signs) == text.count("+") and set(signs) <= _MUST_BE_CODED
    if coded and ("@" not in text or "+2B" in text or "+3D" in text):
        text = _XTEXT.sub(lambda m: chr(int(m[1], 16)), text)
    return text


def _first_in(text: str) -> str:
    found = ADDRESS.search(text)
    return found[1] if found else ""


def addresses_in_header(value: str) -> list[str]:
    """Of To, Cc, From: at most 50."""
    value = decoded(value[:4000])
    try:
        plain = value.count("(") <= _MOST_COMMENTS  # the library recurses into them
        found = [clean(address) for _, address in getaddresses([value] if plain else [])]
    except (HeaderParseError, ValueError, IndexError, AttributeError, RecursionError):
        found = []
    kept = [address for address in found if address]
    return (kept or [match[1] for match in ADDRESS.finditer(value)])[:50]


def same(one: str, other: str) -> bool:
    return one.lower() == other.lower()


_ROBOTS = re.compile(
    r"(?:mailer-?daemon|post[-_]?master|mail-?daemon|mail-?er|daemon|mdaemon|mailadmin|mail-?admin"
    r"|abuse|sys-?admin|[\w.-]{1,60}-(?:admin|owner|request|bounces)|administrator|admin|root|no-?reply|do-?not-?reply|hostmaster|webmaster|support"
    r"|microsoftexchange[0-9a-f]{8,32}|help-?desk|mail-?support|antispam|security|bounces?|virus-?scanner)@",
    re.I,
)


def is_robot(address: str) -> bool:
    """Of those who write reports, and whom reports tell to ask."""
    return _ROBOTS.match(address) is not None


_REPORTERS = re.compile(
    r"(?:[\w.-]{0,40}(?:daemon|master|robot|gateway|guard|filter|firewall|antispam|antivirus)"
    r"|mailman|list-?serv|majordomo|lyris|sympa|ezmlm|listar|ecartis|[mp]mdf|smtp|amavis\w{0,9}|virus\w{0,12}|spam-?\w{0,12}|quarantine"
    r"|mail-?(?:system|server|scanner|router|delivery|service|agent|gw|gate)\w{0,9}|mta\d{0,3}|bouncer?"
    r"|delivery[\w-]{0,12}|ndr|postoffice|system|notifications?|uucp|exim|sendmail|qmail\w{0,6}|postfix"
    r"|groupwise|exchange)@",
    re.I,
)


def is_reporter(address: str) -> bool:
    """Of those who write reports; not all of them can be told from people."""
    return is_robot(address) or _REPORTERS.match(address) is not None


_VERP = re.compile(r"(?:^|[+-])([\w.+-]{1,64})=([\w-]{1,63}(?:\.[\w-]{1,63}){1,8})\Z")


def unfolded_verp(address: str) -> str:
    """`bounces+cat=example.net@lists.org` was sent to cat@example.net; "" when it was not."""
    local = address.rpartition("@")[0]
    found = _VERP.search(local)
    if not found:
        return ""
    name = found[1].rpartition("+")[2]
    return f"{name}@{found[2]}"
