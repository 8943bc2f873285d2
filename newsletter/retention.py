"""How long places on lists, campaigns and decisions are kept."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet

from comm100.core.retention import CONTACT_ERASED, SITE_DELETED, Rule, Stays, keep, stay
from newsletter.models import Subscriber
from newsletter.operations.subscription import UNCONFIRMED_DAYS, forget_unconfirmed


def _forget(rows: QuerySet[Any]) -> int:
    return forget_unconfirmed(rows)


keep(
    Rule(
        key="newsletter.unconfirmed",
        model="newsletter.Subscriber",
        what="Who asked for a list and never confirmed it",
        keeps=timedelta(days=UNCONFIRMED_DAYS),
        counted_from="requested_at",
        since="they asked",
        only=Q(state=Subscriber.State.PENDING),
        sweep=_forget,
        why="A month to find the mail with the link.",
    )
)
stay(
    Stays(
        model="newsletter.Subscriber",
        what="Places on lists, with when and how they were agreed to",
        until=CONTACT_ERASED,
        why="It is the proof of consent, and of its end.",
    ),
    Stays(
        model="newsletter.Departure",
        what="That somebody unsubscribed, and how",
        until=CONTACT_ERASED,
        why="It proves that the wish was heard.",
    ),
    Stays(
        model="newsletter.NewsletterList",
        what="Lists",
        until=SITE_DELETED,
        why="A list that was removed stays as the proof of what people agreed to.",
    ),
    Stays(
        model="newsletter.Campaign",
        what="Campaigns",
        until=SITE_DELETED,
        why="They are the site’s own work.",
    ),
    Stays(
        model="newsletter.Variant",
        what="Campaigns in other words",
        until=SITE_DELETED,
        why="They are the site’s own work.",
    ),
    Stays(
        model="newsletter.Audience",
        what="To which lists a campaign went",
        until=SITE_DELETED,
        why="It belongs to the campaign.",
    ),
    Stays(
        model="newsletter.Decision",
        what="What moderators decided on a campaign",
        until=SITE_DELETED,
        why="It must be provable that what was sent had been approved.",
    ),
)
