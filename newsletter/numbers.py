"""The counters of a campaign, added up over the mailings that it leaves in."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self

from mail.models import Mailing


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """The same names as the counters of a mailing; `finished_at` once all of them ended."""

    total: int = 0
    sent: int = 0
    failed: int = 0
    suppressed: int = 0
    unknown: int = 0
    cancelled: int = 0
    bounced: int = 0
    unsubscribed: int = 0
    opened: int = 0
    clicked: int = 0
    complained: int = 0
    replied: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None

    @classmethod
    def of(cls, mailings: Sequence[Mailing]) -> Self:
        sums = {name: sum(getattr(row, name) for row in mailings) for name in COUNTERS}
        ends = [row.finished_at for row in mailings if row.finished_at]
        return cls(
            **sums,
            started_at=min((row.started_at for row in mailings if row.started_at), default=None),
            finished_at=max(ends) if ends and len(ends) == len(mailings) else None,
        )

    @property
    def settled(self) -> int:
        """Readers of whom we know what became; with `remaining` this is `total`."""
        return self.sent + self.failed + self.suppressed + self.unknown + self.cancelled

    @property
    def remaining(self) -> int:
        return max(self.total - self.settled, 0)

    @property
    def percent(self) -> int:
        return int(100 * self.settled / self.total) if self.total else 0


COUNTERS = [field.name for field in fields(Numbers) if field.type is int]
