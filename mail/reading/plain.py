"""Cuts what was answered to and what stands below the name out of a plain text."""

import re
from collections.abc import Sequence

from mail.reading.html import QUOTED, REST
from mail.reading.words import fold, phrasebook

_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
_TIME_OR_YEAR = re.compile(
    r"(?:19|20)\d\d|\d{1,2}\s?[:.h時点]\s?\d\d|\d{1,2}[./-]\d{1,2}[./-]\d{2}"
)
_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")
_ENDS_WITH_ADDRESS = re.compile(r"<[^\s<>@]+@[^\s<>@]+>\s*(?:\(mailto:[^)]*\))?\s*[:：]$")
_QUOTE = re.compile(r"^ ?(?:>|＞)")
_RULE = re.compile(r"^\s*[_\-=*─—]{10,}\s*$")
_FENCED = re.compile(
    r"^[\s>]*[-_=*+#~—]{2,}\s*\[?\s*(.{3,60}?)\s*\]?\s*(?:[-_=*+#~—]{2,}\s*:?$|-{4,}\S)"
)
_INTRODUCED = re.compile(r"^\s*(.{3,60}?)\s*[:：]$")
_LABEL = re.compile(r"^[\s*|]*([^\W\d_][\w. '’()/-]{0,24}?)\s*\*?\s*[:：]\s?\*?")
_DASHES = re.compile(r"^(?:--|—|––|__)\s*$")
_CONTACT = re.compile(
    r"[+(]?\d[\d\s()/.-]{6,}|www\.|https?://|@|\b(?:tel|fax|mobile?)\b", re.IGNORECASE
)
_RUNS_ON = re.compile(r"^\s*(.{10,250}?[:：])\s{2,}\S")
_LONGEST = 4000  # lines
_LONG, _WRAPPED = 400, 3  # characters of an attribution, and its lines above the last
_SIGNATURE_LINES, _NAME_WORDS, _LINE = 12, 8, 70


def cut(text: str) -> str:
    """The writer's own words; "" where nothing but a quote is left."""
    lines = [_clean(line) for line in text.splitlines()[:_LONGEST]]
    lines = _before_headers(lines)
    segments = _segments(_without_attributions(lines))
    kept = [unsigned(segment) for segment in segments]
    return "\n\n".join("\n".join(lines).strip("\n") for lines in kept if any(lines)).strip()


def unflow(text: str, *, delsp: bool) -> str:
    """RFC 3676: lines that end in a space go on in the next one of the same depth."""
    out: list[str] = []
    flowing = False
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        own = line.removeprefix(" ") if not depth else line
        if flowing and not depth and own != "-- ":
            out[-1] = (out[-1][:-1] if delsp else out[-1]) + own
        else:
            out.append(own)
        flowing = not depth and own.endswith(" ") and own != "-- "
    return "\n".join(out)


def _clean(line: str) -> str:
    line = _INVISIBLE.sub("", line).replace("\xa0", " ").replace("\u3000", " ")
    return line.rstrip(" \t\r\x00") if line != "-- " else line


# -- what was answered to


def _before_headers(lines: Sequence[str]) -> list[str]:
    """Up to the header block of Outlook and its kin, or a line like "Original message"."""
    for at, line in enumerate(lines):
        if line.startswith(REST) or _is_fence(line) or _starts_headers(lines, at):
            kept = list(lines[:at])
            while kept and (not kept[-1].strip() or _RULE.match(kept[-1])):
                kept.pop()
            return kept
    return list(lines)


def _is_fence(line: str) -> bool:
    found = _FENCED.match(line) if line[:1] in "-_=*+#~— >" else None
    if not found and line.rstrip().endswith((":", "：")) and len(line) < _LINE:
        found = _INTRODUCED.match(line)
        return bool(found and phrasebook().separators.fullmatch(fold(found[1])))
    return bool(found and phrasebook().separators.search(fold(found[1])))


def _starts_headers(lines: Sequence[str], at: int) -> bool:
    """ "From:" and two more such lines soon after, in any language and order."""
    label = _label(lines[at])
    if label not in phrasebook().labels:
        return False
    following = {_label(line) for line in lines[at + 1 : at + 8]} & phrasebook().labels
    if label not in phrasebook().first:
        return len(following) > 1 and bool(following & phrasebook().first)
    return len(following) > 1 or (len(following) == 1 and bool(_ADDRESS.search(lines[at])))


def _label(line: str) -> str:
    found = _LABEL.match(line[:60])
    return fold(found[1]).strip() if found else ""


def _without_attributions(lines: list[str]) -> list[str]:
    """Without "On …, Ann wrote:"; where no > follows, all below it is the quote."""
    at = 0
    while at < len(lines):
        start = _attribution(lines, at)
        if start is None:
            at += 1
            continue
        if not _is_quoted_after(lines, at):
            return lines[:start]
        lines[start : at + 1] = [QUOTED] * (at + 1 - start)
        at += 1
    return lines


def _is_quoted_after(lines: list[str], at: int) -> bool:
    following = (line for line in lines[at + 1 : at + 6] if line.strip())
    return bool(_QUOTE.match(next(following, "")))


def _attribution(lines: list[str], end: int) -> int | None:
    """Where an attribution that ends in this line begins; it may be wrapped over four lines."""
    if runs_on := _RUNS_ON.match(lines[end][:_LONG]):
        return end if _is_attribution(runs_on[1], quoted=False) else None
    last = lines[end].rstrip("* ")
    if not last or (last[-1] not in ":：،" and not _ends_like_one(last)):
        return None
    if _QUOTE.match(last):
        return None
    joined, start = last.strip(), end
    quoted = _is_quoted_after(lines, end)
    while not _is_attribution(joined, quoted=quoted):
        start -= 1
        if (
            start < 0
            or end - start > _WRAPPED
            or not lines[start].strip()
            or _QUOTE.match(lines[start])
        ):
            return end if _is_short_one(lines, end) else None
        joined = f"{lines[start].strip()} {joined}"[:500]
    return _first_line(lines, start)


def _ends_like_one(line: str) -> bool:
    """Programs that leave the colon away: "2024年1月5日 Ann <ann@…> 写道"."""
    if "@" not in line and not _TIME_OR_YEAR.search(line):
        return False
    found = list(phrasebook().verbs.finditer(fold(line[-40:])))
    return bool(found and found[-1].end() >= len(fold(line[-40:])) - 1)


def _is_attribution(joined: str, *, quoted: bool) -> bool:
    """quoted: marked lines follow, so date and address are enough."""
    if not _TIME_OR_YEAR.search(joined) or len(joined) > _LONG:
        return False
    if quoted and _ADDRESS.search(joined):
        return True
    return bool(_ENDS_WITH_ADDRESS.search(joined) or phrasebook().verbs.search(fold(joined)))


def _is_short_one(lines: list[str], end: int) -> bool:
    """ "Ann wrote:" without a date counts where a quote follows, or with an address."""
    line = lines[end]
    says = phrasebook().verbs.search(fold(line)) or _ENDS_WITH_ADDRESS.search(line)
    return bool(says and (_is_quoted_after(lines, end) or "<" in line) and len(line) < _LONG // 2)


def _first_line(lines: list[str], start: int) -> int:
    """The lines above belong to it when one opens it: "On Friday, 5 January 2024,"."""
    for above in range(start - 1, max(-1, start - 3), -1):
        line = lines[above].strip()
        if not line or _QUOTE.match(line) or line[-1] in ".!?。！？":
            break
        if phrasebook().openers.match(fold(line)) and any(sign.isdigit() for sign in line):
            return above
    return start


# -- what stands between quotes


def _segments(lines: list[str]) -> list[list[str]]:
    """Runs of own lines between quoted ones."""
    segments: list[list[str]] = [[]]
    for line in lines:
        if _QUOTE.match(line):
            if segments[-1]:
                segments.append([])
        else:
            segments[-1].append(line)
    return segments


def unsigned(lines: list[str]) -> list[str]:
    """Without signature, "Sent from my …", closing words and legal notice."""
    kept = _before_dashes(lines)
    kept = _before_legal(kept)
    kept = [line for line in kept if not _is_device(line)]
    while kept and (not kept[-1].strip() or _RULE.match(kept[-1])):
        kept.pop()
    return _before_regards(kept)


def _before_dashes(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        if line == "-- " or (_DASHES.match(line) and len(lines) - at <= _SIGNATURE_LINES):
            return lines[:at]
    return lines


def _before_legal(lines: list[str]) -> list[str]:
    for at, line in enumerate(lines):
        begins = at == 0 or not lines[at - 1].strip() or _RULE.match(lines[at - 1])
        if begins and at and phrasebook().legal.match(fold(line[:200]).lstrip(" *_[(#!-")):
            return lines[:at]
    return lines


def _is_device(line: str) -> bool:
    return 0 < len(line) < 2 * _LINE and bool(
        phrasebook().sent.match(fold(line).lstrip(" *-_>[(<|~"))
    )


def _before_regards(lines: list[str]) -> list[str]:
    """Closing words go with the name and the lines below, where these look like a signature."""
    for at in range(max(0, len(lines) - _SIGNATURE_LINES), len(lines)):
        bare = fold(lines[at]).strip(" ,.!-*:;،、。！")
        found = phrasebook().regards.match(bare) if bare and len(bare) < _LINE else None
        if found and _is_closing(bare[found.end() :], lines[at + 1 :]) and any(lines[:at]):
            return lines[:at]
    return lines


def _is_closing(rest: str, below: Sequence[str]) -> bool:
    if len(rest.split()) > _NAME_WORDS // 2 or "?" in rest:
        return False
    says = [line for line in below if line.strip()]
    return all(
        (len(line.split()) <= _NAME_WORDS and not line.rstrip().endswith(("?", "!")))
        or bool(_CONTACT.search(line))
        for line in says
    )
