"""Sendmail's transcript of a session: `<<<` what the server said, then what sendmail makes of it.

That last line comes from the exit code of its mailer (sysexits), so a 550 to whatever becomes
"550 5.1.1 <ann@example.com>... User unknown", also where the server spoke of a virus.
"""

import re

_CONCLUSION = re.compile(
    r"(?:[45]\d\d )?(?:[45]\.\d\.\d )?(?P<whom><?[^\s<>]{1,64}@[^\s<>]{1,253}>?\.\.\.) "
    r"(?:User unknown|Host unknown|Service unavailable|Can't create output|Data format error"
    r"|Insufficient permission|Remote protocol error|Local configuration error)\s*"
)


def without_conclusions(notice: str) -> str:
    """The notice with whom such a line is about, and without what it concludes."""
    if "<<< " not in notice:
        return notice
    lines, heard = notice.split("\n"), False
    for at, line in enumerate(lines):
        heard = line.startswith("<<< ") or (heard and bool(line.strip()))
        found = _CONCLUSION.fullmatch(line) if heard else None
        if found:
            lines[at] = found["whom"]
    return "\n".join(lines)
