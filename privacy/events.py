"""What happened between staff and a site's data, in the past tense."""

from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class GrantEvent(Event):
    grant_id: int


@dataclass(frozen=True, kw_only=True)
class GrantOpened(GrantEvent):
    """A staff member asked; it may still wait for others. The site is told."""


@dataclass(frozen=True, kw_only=True)
class GrantApproved(GrantEvent):
    """By a second staff member."""


@dataclass(frozen=True, kw_only=True)
class GrantAdmitted(GrantEvent):
    """By the site."""


@dataclass(frozen=True, kw_only=True)
class GrantClosed(GrantEvent):
    """By staff, before its time was over."""


@dataclass(frozen=True, kw_only=True)
class GrantExpired(GrantEvent):
    """Its time was over, or nobody agreed to it for a day."""


@dataclass(frozen=True, kw_only=True)
class GrantObjected(GrantEvent):
    """The site objected; the grant ended with that."""


@dataclass(frozen=True, kw_only=True)
class RecordViewed(GrantEvent):
    """A staff member was shown one record; `seq` is the journal entry from before."""

    seq: int


@dataclass(frozen=True, kw_only=True)
class DisclosureSealed(Event):
    """Records were handed over because the law demands it; the site is told when it may know."""

    disclosure_id: int


@dataclass(frozen=True, kw_only=True)
class AccountCopyAsked(Event):
    """A person wishes a copy of all that is held of them, at no site."""

    copy_id: int
    site_id: int = 0


@dataclass(frozen=True, kw_only=True)
class AccountClosed(Event):
    """Nobody signs in with it any more; what is held of the person goes from now on."""

    user_id: int
    erasure_id: int
    site_id: int = 0
