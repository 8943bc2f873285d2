from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class NoticeConfirmed(Event):
    """Staff sent a maintenance notice on its way; told at the company's own site."""

    notice_id: int
