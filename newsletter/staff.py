"""What the newsletter adds to the staff admin: the queue at the side and on the first page."""

from typing import Any

from django.utils import timezone

from comm100.core.staff import Panel, StaffPlace, offer_panel, offer_staff_place
from newsletter.moderating import LONG_WAIT, oldest_wait, queue_length, waited_since
from operators import chronicle

MODERATE = "newsletter.add_decision"
TRUST = "accounts.change_site"


def offer_moderation() -> None:
    offer_staff_place(
        StaffPlace(
            label="Moderation",
            url_name="moderation:queue",
            icon="gavel",
            permission=MODERATE,
            order=10,
            badge=queue_length,
            has_own_page=True,
        )
    )
    offer_panel(
        Panel(template="staff/panels/queue.html", facts=queue_facts, permission=MODERATE, order=10)
    )
    chronicle.tell(
        moderation_opened="opened campaign {number} to decide whether it is sent",
        moderation_closed="put campaign {number} back without a decision",
        campaign_approved="approved campaign {number}",
        campaign_changes_requested="asked for changes of campaign {number}",
        campaign_rejected="rejected campaign {number}",
    )


def queue_facts() -> dict[str, Any]:
    since = oldest_wait()
    is_late = bool(since and timezone.now() - since > LONG_WAIT)
    return {"waiting": queue_length(), "waited": waited_since(since), "is_late": is_late}
