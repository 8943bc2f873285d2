from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SiteFounded(Event):
    """A user signed up and owns a new site."""

    founder_id: int


@dataclass(frozen=True, kw_only=True)
class SiteProfileChanged(Event):
    by_id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class StandingChanged(Event):
    """Staff decided what a site may send; `reason` goes to its owners."""

    before: int
    standing: int
    reason: str
