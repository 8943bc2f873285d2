"""Passwords that were stolen elsewhere: looked up in a file, so that nobody is asked or told.

The file is what haveibeenpwned.com's downloader makes: a line each, `SHA-1 in hex:how often`,
sorted. It may be as long as it likes: a look takes some forty reads.
"""

import mmap
from hashlib import sha1
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

WORDS = "This password was stolen somewhere and stands in lists of those who guess. Take another."


def is_stolen(password: str, path: Path) -> bool:
    """Whether the list has it. Raises OSError when there is no such file."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    if not path.stat().st_size:
        return False
    with (
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as lines,
    ):
        return _stands_in(lines, wanted)


def _stands_in(lines: mmap.mmap, wanted: bytes) -> bool:
    low, high = 0, len(lines)  # where the line may begin
    while low < high:
        begin = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.find(b"\n", begin)
        end = len(lines) if end < 0 else end
        found = lines[begin : begin + len(wanted)].upper()
        if found == wanted:
            return True
        low, high = (end + 1, high) if found < wanted else (low, begin)
    return False


class StolenValidator:
    """For settings.AUTH_PASSWORD_VALIDATORS; says nothing where no list is named."""

    def validate(self, password: str, user: Any = None) -> None:
        path = settings.STOLEN_PASSWORDS
        if path and is_stolen(password, path):
            raise ValidationError(WORDS, code="stolen")

    def get_help_text(self) -> str:
        return "Take one that you use nowhere else."
