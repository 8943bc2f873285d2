"""What a campaign says of itself follows what its mailings do."""

from django.db import transaction

from mail.models import Mailing
from newsletter.models import Campaign

State = Campaign.State
ON_ITS_WAY = {Mailing.State.FILLING, Mailing.State.OPEN}


def locked(campaign: Campaign) -> Campaign:
    """The campaign as it is now, for this transaction alone; another one waits."""
    Campaign.objects.select_for_update().only("pk").get(pk=campaign.pk)
    return Campaign.objects.with_numbers().get(pk=campaign.pk)


@transaction.atomic
def follow_mailing(campaign: Campaign) -> bool:
    """Let the campaign say what its mailings do; answer whether that changed anything."""
    campaign = locked(campaign)
    state = _state_of(campaign)
    if state is None or state == campaign.state:
        return False
    campaign.state = state
    campaign.save(update_fields=["state"])
    return True


def _state_of(campaign: Campaign) -> int | None:
    """None: its mailings have nothing to say."""
    if campaign.state in {State.CANCELLED, State.DRAFT}:
        return None
    found = {Mailing.State(row.state) for row in campaign.parts}
    if Mailing.State.HELD in found:
        return State.HELD
    undecided = campaign.is_test and campaign.rest is None
    if undecided:
        return State.TESTING if found - {Mailing.State.WAITING} else None
    if found & ON_ITS_WAY:
        return State.SENDING
    return State.SENT if found == {Mailing.State.DONE} else None
