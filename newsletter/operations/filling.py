"""From the lists of a campaign to rows of the outbox, part by part."""

from mail import operations as mail
from mail.models import Mailing
from newsletter.models import Campaign
from newsletter.operations.sending import readers_of
from newsletter.timing import fill_times


def fill_some(campaign: Campaign) -> bool:
    """One chunk of the first part that is not full; True when all of them are."""
    waiting = [row for row in campaign.parts if row.state == Mailing.State.FILLING]
    if not waiting:
        return True
    part, times = waiting[0], fill_times(campaign)
    is_full = mail.fill_chunk(part, readers_of(campaign, part), times=times)
    return is_full and len(waiting) == 1
