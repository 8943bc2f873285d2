"""Which version of the policy and of the agreement applies today, by the files that we ship.

Each file is named after the day from which it applies. What was published of them is kept for
good in the database (privacy/models/published.py).
"""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Literal

from django.conf import settings
from django.utils import timezone

Name = Literal["policy", "agreement"]
FOLDER: Path = settings.BASE_DIR / "templates" / "website" / "documents"


def version_today(name: Name) -> str:
    """`2026-11-23`: what somebody who signs up today accepts."""
    return _newest(name, timezone.localdate())


@cache
def _newest(name: Name, today: date) -> str:
    return max(path.stem for path in files(name) if path.stem <= today.isoformat())


def files(name: Name) -> list[Path]:
    """The texts of every version, oldest first."""
    return sorted((FOLDER / name).glob("*.html"))
