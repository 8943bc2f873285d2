from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SiteFounded(Event):
    """A user signed up and owns a new site."""

    founder_id: int


@dataclass(frozen=True, kw_only=True)
class AccountOpened(Event):
    """Somebody has an account, and the address is proven theirs; told at the company's own site."""

    user_id: int


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


@dataclass(frozen=True, kw_only=True)
class SignedIn(Event):
    """A user signed in, at no site; `ways` are those that were used: password, mfa, code."""

    user_id: int
    ways: tuple[str, ...]
    site_id: int = 0


@dataclass(frozen=True, kw_only=True)
class UserRenamed(Event):
    user_id: int
    site_id: int = 0


@dataclass(frozen=True, kw_only=True)
class FactorsRemoved(Event):
    """Who runs the platform removed somebody's second factors, at no site."""

    user_id: int
    site_id: int = 0
