"""Recipients that a report names in plain words; for the many reports without fields.

Every line that names an address is weighed: an address on a line of its own, or before a colon,
or behind "Recipient:" is what a report is about; one in a sentence may be; the address of a
postmaster or of the sender is not. The strongest kind that occurs counts.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mail.reading.addresses import ADDRESS, is_robot
from mail.reading.wording import pattern

_LINES = 600
_LONGEST_LINE = 1_000
_WORDS = 2_000  # characters kept of what is said about one address
SURE, LIKELY, POSSIBLE = 3, 2, 1


class Named(NamedTuple):
    """An address in a notice, how sure it is meant, and what follows about it."""

    address: str
    sureness: int
    words: str


_A = ADDRESS.pattern.partition(")")[2]
_OPEN, _CLOSE = r"[\s>*•·\-–#|(\[\"'<‘“]{0,12}", r"[\s>)\]\"'*|’”]{0,6}"
_ALONE = re.compile(rf"{_OPEN}(?:\d{{1,3}}[.)]\s+)?{_OPEN}{_A}{_CLOSE}[:;,.]?{_CLOSE}$")
_STARTED = re.compile(
    rf"{_OPEN}{_A}{_CLOSE}(?:\s*\([^()]{{0,120}}\)|\s*<mailto:[^<>]{{0,120}}>){{0,3}}{_CLOSE}\s*"
    r"(?P<sign>:|\||\.\.\.|--?|–|—|,|;|=>|->|=|\s(?:on|failed|was|is|has|could|does|unknown|user|didn't"
    r"|not|non|no|am|le|em|op|wurde|konnte|n'a|não)\b|(?<=\))\s*'? for\b)(?P<rest>.*)$",
    re.IGNORECASE,
)
_BRACKETED = re.compile(rf"{_OPEN}{_A}{_CLOSE}\s*\((?P<rest>[^()@]{{3,200}})\)?\s*$")
_NAMED = re.compile(
    rf"(?P<name>[^@:]{{0,80}})[\s(<\[\"']{_A}[)>\]\"']{{1,3}}"
    r"(?:<mailto:[^<>]{0,120}>|\(mailto:[^()]{0,120}\))?[\s.,:;*]{0,4}$"
)
_LOCAL = re.compile(
    r"[\s*]{1,12}(?P<name>[^\s@<>():]{1,64})[ \t]{1,20}\((?P<rest>[^()]{3,200})\)\s*$"
)
_DOUBLE = re.compile(rf"{_OPEN}(?:[^@:<>]{{0,60}})<mailto:\s*{_A}>{_CLOSE}$|{_OPEN}{_A}\s*<mailto:")
_SURE_LABEL = re.compile(
    r"^\W{0,6}(?:(?:the |for |failed |original |final |intended |invalid |e-?mail |user |rcpt )*"
    rf"(?:{pattern('lines', 'sure').pattern}))"
    r"(?: address)?(?:\(s\))?(?: is| was)?\s*[:：=>]+\s*(?P<rest>.*)$",
    re.IGNORECASE,
)
_LABEL = re.compile(rf"^\W{{0,6}}(?:{pattern('lines', 'label').pattern})\s*[:：]", re.IGNORECASE)
_NOT_FOR = re.compile(
    rf"(?<!\w)(?:{pattern('lines', 'stranger').pattern})\W{{0,6}}$", re.IGNORECASE
)
_FOR = re.compile(
    rf"(?<!\w)(?:{pattern('lines', 'meant').pattern})[\s<\"'(:\[]{{0,8}}$", re.IGNORECASE
)
_IN_X400 = re.compile(rf"(?:^|;)\s{{0,4}}(?:dda:)?smtp={_A}", re.IGNORECASE)  # old Exchange
_UNDISCLOSED = "an undisclosed address"  # Exim, for an alias: who was written to stands below
_LISTED = re.compile(rf"[\s<\[\"'(]{{0,4}}{_A}[\s>\])\"',;]{{0,5}}(?:(?:and|und|et|y|e)\b)?")
_BEFORE_ID = re.compile(r"(?:message-?id|msg-?id|\bid|in-reply-to|references)\W{0,4}$|\w+://\S*$")
_HEADING = re.compile(
    r"^\s{0,8}[-=*_]{3,}.*|^\s*(?:final-recipient|reporting-mta|action|status):", re.I
)
_SECTION = re.compile(
    r"(?:sent by|from|sender|originator|contact|absender|expéditeur|remitente|mittente)\s*[:;]?$"
    rf"|{pattern('lines', 'instead').pattern}",
    re.I,
)


def named_in(notice: str, strangers: Callable[[str], bool]) -> list[Named]:
    """Those that the notice is about. `strangers` says who cannot be meant."""
    lines = [line[:_LONGEST_LINE] for line in notice.split("\n")[:_LINES]]
    found: list[tuple[int, str, int, str]] = []  # line number, address, sureness, words behind it
    before = ""
    for number, line in enumerate(lines):
        if "@" in line:
            found += [
                (number, *named) for named in _weighed(line, before) if not strangers(named[0])
            ]
        before = line if line.strip() else before
    best = max((sureness for _, _, sureness, _ in found), default=0)
    kept = [row for row in found if row[2] == best]
    return _merged(_with_words(kept, lines))


def _weighed(line: str, before: str) -> Iterable[tuple[str, int, str]]:
    """Addresses of one line."""
    if before.strip() == _UNDISCLOSED:
        yield from ((match[1], SURE, line[match.end() :]) for match in ADDRESS.finditer(line))
        return
    sure = [] if _SECTION.search(before.rstrip()) else _sure(line)
    if sure:
        for address, rest in sure:
            yield address, SURE, rest
        return
    for match in ADDRESS.finditer(line):
        ahead = line[: match.start()] or before
        if _NOT_FOR.search(ahead[-60:]) or is_robot(match[1]) or _is_id(line, match):
            continue
        if _FOR.search(ahead[-60:]) or _LABEL.match(line):
            yield from ((one, LIKELY, rest) for one, rest in _listed(line[match.start() :]))
        else:
            yield match[1], POSSIBLE, line[match.end() :]


def _is_id(line: str, match: re.Match[str]) -> bool:
    """A Message-ID, or an address in a link."""
    ahead = line[: match.start()].lower()
    return bool(_BEFORE_ID.search(ahead))


def _sure(line: str) -> list[tuple[str, str]]:
    """Addresses that the shape of the line makes sure, each with what is said behind it."""
    label = _SURE_LABEL.match(line)
    if label:
        return _listed(label["rest"])
    inside = _IN_X400.search(line)
    if inside:
        return [(inside[1], line[inside.end() :])]
    for shape in (_ALONE, _STARTED, _BRACKETED, _DOUBLE, _NAMED):
        found = shape.match(line)
        if found:
            return _taken(shape, found)
    return []


def _listed(text: str) -> list[tuple[str, str]]:
    """`a@x.example, b@y.example and c@z.example did not …`; what follows is said of all."""
    found = list(_LISTED.finditer(text))
    ends = [i for i, match in enumerate(found) if i and match.start() != found[i - 1].end()]
    found = found[: ends[0]] if ends else found
    return [(match[1], text[found[-1].end() :]) for match in found]


def _taken(shape: re.Pattern[str], found: re.Match[str]) -> list[tuple[str, str]]:
    address = next(group for group in found.groups() if group and "@" in group)
    if is_robot(address) and shape is not _STARTED:
        return []
    if shape is _NAMED and (_NOT_FOR.search(found["name"]) or _LABEL.match(found[0])):
        return []
    if shape is _STARTED and found["sign"] in {",", ";"}:
        return _listed(found[0].lstrip()) or [(address, found["rest"])]
    return [(address, found.groupdict().get("rest") or "")]


def _with_words(rows: list[tuple[int, str, int, str]], lines: list[str]) -> list[Named]:
    """Each with the lines below it, as far as the next address, heading or blank line.

    Several addresses in a row share what stands below the last.
    """
    starts = {row[0] for row in rows}
    out: list[Named] = []
    shared = ""
    for number, address, sureness, rest in reversed(rows):
        words = _below(lines, number, rest, starts)
        shared = words or shared
        out.append(Named(address, sureness, shared))
    return out[::-1]


def _below(lines: list[str], number: int, rest: str, starts: set[int]) -> str:
    words = [rest.strip()] if rest.strip(" :;,.>)\"'") else []
    for at in range(number + 1, min(number + 40, len(lines))):
        line = lines[at].strip()
        if at in starts or _HEADING.match(line) or (not line and words):
            break
        if line:
            words.append(line)
    return " ".join(words)[:_WORDS]


def _merged(rows: list[Named]) -> list[Named]:
    """One an address, with all that is said of it."""
    by_address: dict[str, Named] = {}
    for row in rows:
        known = by_address.get(row.address.lower())
        words = f"{known.words} {row.words}" if known else row.words
        first = known.address if known else row.address
        by_address[row.address.lower()] = Named(first, row.sureness, words[:_WORDS])
    return list(by_address.values())


def named_by_local_part(notice: str, addresses: Iterable[str]) -> list[Named]:
    """`cat (user not found)`, as GroupWise and others of its age list cat@example.net."""
    local_parts = {one.rpartition("@")[0].lower(): one for one in addresses}
    rows = (_LOCAL.match(line[:_LONGEST_LINE]) for line in notice.split("\n")[:_LINES])
    return [
        Named(local_parts[row["name"].lower()], SURE, row["rest"])
        for row in rows
        if row and row["name"].lower() in local_parts
    ]


def about(notice: str, address: str) -> str:
    """The lines that name this address, each with the next one."""
    wanted = address.lower()
    lines = notice.split("\n")[:_LINES]
    hits = [number for number, line in enumerate(lines) if wanted in line.lower()]
    return " ".join(" ".join(lines[number : number + 2]) for number in hits[:20])[:_WORDS]
