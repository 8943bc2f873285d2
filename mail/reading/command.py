"""`classify_mail`: reads files of mail and prints what each is, one JSON object a line.

Needs no settings, no site and no database, and never fails: for people who measure us.
"""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TextIO

from mail.reading.kinds import read_mail

_LARGEST = 20 * 2**20  # bytes read of one file


def classify(paths: Iterable[str], out: TextIO) -> None:
    for path in paths:
        out.write(json.dumps(_line(path), ensure_ascii=True) + "\n")
    out.flush()


def _line(path: str) -> dict[str, Any]:
    shown = path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        with Path(path).open("rb") as file:
            raw = file.read(_LARGEST)
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        return {"file": shown, "kind": "broken", "recipients": [], "new_text": "", "error": words}
    reading = read_mail(raw)
    return {
        "file": shown,
        "kind": reading.kind,
        "recipients": [one._asdict() for one in reading.recipients],
        "new_text": reading.new_text,
    }


def main(arguments: Iterable[str]) -> int:
    try:
        classify((one for one in arguments if one != "--"), sys.stdout)
    except BrokenPipeError:  # `| head` has seen enough
        sys.stderr.close()
    return 0
