"""What happened to mail, in the past tense."""

from dataclasses import dataclass
from typing import Any, Self

from comm100.core.events import Event
from mail.models import Mailing


@dataclass(frozen=True, kw_only=True)
class MailQueued(Event):
    """A transactional mail waits in the outbox."""


@dataclass(frozen=True, kw_only=True)
class MailingEvent(Event):
    mailing_id: int

    @classmethod
    def about(cls, mailing: Mailing, **facts: Any) -> Self:
        return cls(site_id=mailing.site_id, mailing_id=mailing.pk, **facts)


@dataclass(frozen=True, kw_only=True)
class MailingApproved(MailingEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class MailingStarted(MailingEvent):
    """Its outbox may be filled now."""


@dataclass(frozen=True, kw_only=True)
class MailingOpened(MailingEvent):
    """Its rows may leave: filled, resumed, or some go out again."""


@dataclass(frozen=True, kw_only=True)
class MailingHeld(MailingEvent):
    reason: str


@dataclass(frozen=True, kw_only=True)
class MailingMissed(MailingEvent):
    """It was held because nothing was running when it was due."""


@dataclass(frozen=True, kw_only=True)
class MailingCancelled(MailingEvent):
    pass


@dataclass(frozen=True, kw_only=True)
class MailingFinished(MailingEvent):
    """Every recipient is accounted for; told at least once."""


@dataclass(frozen=True, kw_only=True)
class MailBounced(Event):
    """A server refused the recipient for good; told at most once.

    gone: there is no such address, so it is suppressed already.
    """

    outbox_id: int
    mailing_id: int | None
    contact_id: int | None
    smtp_code: int
    reply: str
    gone: bool


@dataclass(frozen=True, kw_only=True)
class ContactSuppressed(Event):
    contact_id: int
    mailing_id: int | None
    reason: int


@dataclass(frozen=True, kw_only=True)
class ContactUnsuppressed(Event):
    contact_id: int


@dataclass(frozen=True, kw_only=True)
class MailArrived(Event):
    """A mail that names a row of this site's outbox is kept, and waits to be understood."""

    inbound_id: int


@dataclass(frozen=True, kw_only=True)
class StrayArrived(MailArrived):
    """A mail is kept for the company until we know whose it is."""


@dataclass(frozen=True, kw_only=True)
class UnsubscribeArrived(Event):
    """A contact wants no more: by mail to the List-Unsubscribe address of their copy (RFC 2369),
    or by a reply (P7.3)."""

    contact_id: int
    mailing_id: int


@dataclass(frozen=True, kw_only=True)
class ComplaintArrived(Event):
    """A contact told their provider that a mailing is spam; they are suppressed already."""

    contact_id: int
    mailing_id: int | None


@dataclass(frozen=True, kw_only=True)
class DomainEvent(Event):
    """About a sending domain."""

    domain_id: int


@dataclass(frozen=True, kw_only=True)
class DomainCheckAsked(DomainEvent):
    """Somebody waits for a look at its records."""


@dataclass(frozen=True, kw_only=True)
class DomainBroke(DomainEvent):
    """It was verified, and now a record that is needed is not there."""
