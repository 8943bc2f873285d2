"""From the lists of a campaign to rows of the outbox, part by part."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from django.db.models import QuerySet

from comm100.core.tenancy import working_for
from mail import operations as mail
from mail.models import Mailing
from newsletter.models import Campaign
from newsletter.operations.sending import readers_of
from newsletter.timing import fill_times
from visitors.models import Contact


class Part(NamedTuple):
    """A mailing of a campaign that is not full, whom it goes to and, by time zone, when."""

    mailing: Mailing
    readers: QuerySet[Contact]
    times: Mapping[str, datetime]


def fill_parts(site_id: int, campaign_id: int, *, seconds: float) -> bool:
    """Fill part after part, for so many seconds; True when none is left that is not full."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        with working_for(site_id):
            part = _next_part(campaign_id)
        if part is None:
            return True
        mail.fill(part.mailing, part.readers, times=part.times, seconds=left)
    return False


def _next_part(campaign_id: int) -> Part | None:
    campaign = Campaign.objects.with_numbers().filter(pk=campaign_id).first()
    if campaign is None:
        return None
    for mailing in campaign.parts:
        if mailing.state == Mailing.State.FILLING:
            return Part(mailing, readers_of(campaign, mailing), fill_times(campaign))
    return None
