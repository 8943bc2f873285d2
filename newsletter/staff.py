"""What the newsletter adds to the staff admin: the queue at the side and on the first page."""

from typing import Any

from django.utils import timezone

from comm100.core.staff import Panel, StaffPlace, offer_panel, offer_staff_place
from newsletter.moderating import LONG_WAIT, oldest_wait, queue_length

MODERATE = "newsletter.add_decision"


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


def queue_facts() -> dict[str, Any]:
    since = oldest_wait()
    is_late = bool(since and timezone.now() - since > LONG_WAIT)
    return {"waiting": queue_length(), "since": since, "is_late": is_late}
