"""A state has one colour: its dot in lists and the notice on its page mean the same."""

import pytest
from django.utils import timezone

from comm100.core.templatetags.face import tone
from comm100.core.tenancy import working_for
from newsletter.models import Campaign
from newsletter.outlook import outlook, status_of
from tests.newsletter.conftest import list_with, write

NOTICES_OF_DOTS = {"busy": "good", "idle": ""}


@pytest.mark.parametrize("is_stopped", [False, True])
def test_dot_and_notice_agree_in_every_state(trusted, sign_in, is_stopped):
    number = write(sign_in(trusted.editor), trusted, list_with(trusted, "zoe@example.net"))
    with working_for(trusted.site.pk):
        campaign = Campaign.objects.get(number=number)
        campaign.stopped_at = timezone.now() if is_stopped else None
        for state in Campaign.State:
            campaign.state = state
            dot = tone(status_of(campaign, trusted.site).name)
            assert NOTICES_OF_DOTS.get(dot, dot) == outlook(campaign, trusted.site).tone, state
