from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class OperatorInvited(Event):
    """An invitation was made, or is to be sent once more."""

    invitation_id: int
    by_id: int


@dataclass(frozen=True, kw_only=True)
class OperatorJoined(Event):
    operator_id: int


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event):
    invitation_id: int
    operator_id: int


@dataclass(frozen=True, kw_only=True)
class RoleChanged(Event):
    operator_id: int
    by_id: int
    role: int


@dataclass(frozen=True, kw_only=True)
class FactorsDemanded(Event):
    """From now on everybody at work here shows a second factor."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class SiteCopyAsked(Event):
    copy_id: int


@dataclass(frozen=True, kw_only=True)
class SiteCopied(Event):
    """The file is there, for a week."""

    copy_id: int


@dataclass(frozen=True, kw_only=True)
class SiteClosing(Event):
    """An owner asked to have everything deleted; there are days of grace."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class SiteKept(Event):
    """It is not deleted after all."""

    by_id: int


@dataclass(frozen=True, kw_only=True)
class OperatorLeft(Event):
    """Somebody left, or was removed when `by_id` is another's."""

    operator_id: int
    by_id: int
