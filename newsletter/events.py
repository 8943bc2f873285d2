from dataclasses import dataclass

from comm100.core.events import Event


@dataclass(frozen=True, kw_only=True)
class SubscriptionRequested(Event):
    """Somebody asked to be on a list; nothing is sent there before they confirm."""

    subscriber_id: int


@dataclass(frozen=True, kw_only=True)
class SubscriptionConfirmed(Event):
    subscriber_id: int


@dataclass(frozen=True, kw_only=True)
class ContactDeparted(Event):
    """A contact unsubscribed from all lists of the site."""

    contact_id: int
    how: int
    mailing_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class CampaignSubmitted(Event):
    campaign_id: int
    by_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignReleased(Event):
    """Nothing stands any more between this campaign and its readers but time."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignMissed(Event):
    """Its time passed long before it could start: it waits for a person."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignStopped(Event):
    """Bounces or complaints stopped it in flight: it waits for a moderator."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignWithdrawn(Event):
    """An edit took the campaign back to draft."""

    campaign_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignDecided(Event):
    """A moderator decided; told as one of the three below."""

    campaign_id: int
    decision_id: int


@dataclass(frozen=True, kw_only=True)
class CampaignApproved(CampaignDecided):
    pass


@dataclass(frozen=True, kw_only=True)
class ChangesRequested(CampaignDecided):
    pass


@dataclass(frozen=True, kw_only=True)
class CampaignRejected(CampaignDecided):
    pass


@dataclass(frozen=True, kw_only=True)
class ListFillingAsked(Event):
    """Contacts that a filter finds are to be put on a list."""

    list_id: int
