"""Fields of delivery reports (RFC 3464, RFC 6533), as servers really write them."""

import re
from typing import NamedTuple

from mail.reading.addresses import address_of_field, is_public

_FIELD = re.compile(r"[ \t>|]{0,4}([A-Za-z][A-Za-z0-9 -]{1,40}?)[ \t]{0,4}:[ \t]*(.*)")
_NEXT = re.compile(r"[A-Z][a-z]+(?:-[A-Za-z]+)+: ")
_WORD = re.compile(r"[a-z-]*")
_TYPE = re.compile(r"\s*[\w-]{1,30}\s*")
_NAMES = {
    "final-recipient": "final",
    "smtp-remote-recipient": "remote",
    "original-recipient": "original",
    "x-actual-recipient": "actual",
    "action": "action",
    "status": "status",
    "diagnostic-code": "diagnostic",
    "x-supplementary-info": "more",
    "x-notes": "more",
    "x-display-name": "display",
}
_NAMING = {"final", "original", "actual", "remote"}
_BEGINNING = _NAMING | {"action"}
_MOST = 300  # recipients of one report


class Notice(NamedTuple):
    """What a report says of one recipient."""

    address: str
    alias: str  # the address it was sent to, where that is another
    action: str
    status: str
    words: str


def looks_like_fields(text: str) -> bool:
    """A report that stands in the text of a mail, perhaps quoted."""
    low = text.lower()
    named = "final-recipient:" in low or "original-recipient:" in low or "final recipient:" in low
    return named and ("action:" in low or "status:" in low or "diagnostic-code:" in low)


def notices(text: str) -> list[Notice]:
    return [_notice(group) for group in _groups(text) if _NAMING & group.keys()][:_MOST]


def _groups(text: str) -> list[dict[str, str]]:
    """Blocks of fields, parted by blank lines or by a field that comes again."""
    groups: list[dict[str, str]] = [{}]
    last, blank = "", False
    for line in text.split("\n"):
        if not line.strip(" \t>|"):
            last, blank = "", True
            continue
        found = _FIELD.match(line)
        name = _NAMES.get(found[1].strip().lower().replace(" ", "-"), "") if found else ""
        if name and found:
            _place(groups, name, found[2].strip(), blank)
            last, blank = name, False
        elif last and (line[0] in " \t" or last == "diagnostic") and not _new_field(line):
            groups[-1][last] = f"{groups[-1][last]} {line.strip()}"[:4000]
        else:
            last = ""
    return groups


def _new_field(line: str) -> bool:
    return line.startswith("--") or _NEXT.match(line) is not None


def _place(groups: list[dict[str, str]], name: str, value: str, blank: bool) -> None:
    """Into the block that is open, or a new one."""
    current = groups[-1]
    again = name in current and (blank or name in _BEGINNING)
    if again or (blank and name in _NAMING and bool(_NAMING & current.keys())):
        groups.append({})
    groups[-1].setdefault(name, value)


def _notice(group: dict[str, str]) -> Notice:
    final = address_of_field(group.get("final") or group.get("remote") or "")
    original = address_of_field(group.get("original", ""))
    actual = address_of_field(group.get("actual", ""))
    in_turn = (final, actual, original)
    if group.get("final", "").lower().startswith("x400"):  # no address that anybody writes to
        in_turn = (original, actual, final)
    named = [one for one in in_turn if "@" in one]
    address = next(filter(is_public, named), named[0] if named else "")
    alias = next((one for one in (original, actual) if one and one != address), "")
    words = _said(group.get("diagnostic", ""))
    return Notice(
        address=address,
        alias=alias,
        action=_action(group.get("action", "")),
        status=group.get("status", "").strip(),
        words=f"{words} {group.get('more', '')}".strip(),
    )


def _action(value: str) -> str:
    word = _WORD.match(value.strip().lower())
    name = word[0] if word else ""
    if name in {"failed", "delayed", "delivered", "relayed", "expanded"}:
        return name
    return {"failure": "failed", "fail": "failed", "expired": "failed", "delay": "delayed"}.get(
        name, "deliverable" if name == "deliverable" else ""
    )


# Cisco's gateways put a category of their own before what the server said:
# "5.1.0 - Unknown address error 550-'5.7.1 …'"
_CATEGORY = re.compile(r"\d\.\d\.\d - [A-Z][\w ,()/-]{5,70} (?=[45]\d\d[ -]')")


def _said(value: str) -> str:
    """Without the type in front of it."""
    kind, semicolon, words = value.partition(";")
    said = words if semicolon and _TYPE.fullmatch(kind) else value
    return _CATEGORY.sub("", said.strip(), count=1)
