"""What the newsletter adds to the first page of a site: two numbers and the last campaigns."""

from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import OuterRef, Subquery, Sum
from django.urls import reverse

from comm100.core.models import Counter
from newsletter.models import Campaign, NewsletterList
from operators import dashboard
from operators.http import OperatorRequest

LATEST = 5


def join() -> None:
    """Called once, when the app is ready."""
    dashboard.register_figures(figures)
    dashboard.register_panel(
        dashboard.Panel(
            template="newsletter/home_panel.html",
            permission="newsletter:read",
            facts=latest_campaigns,
            order=30,
        )
    )


def figures(request: OperatorRequest) -> list[dashboard.Figure]:
    """How many contacts, and on how many places of lists; one query, nothing is counted."""
    places = NewsletterList.objects.kept().filter(site=OuterRef("site")).order_by()
    summed = places.values("site").annotate(all=Sum("subscribed")).values("all")
    counter = Counter.objects.filter(name="contacts").values_list("last", Subquery(summed)).first()
    if counter is None:
        return []
    contacts, subscriptions = counter
    slug = request.site.slug
    return [
        dashboard.Figure("Contacts", intcomma(contacts), reverse("visitors:contacts", args=[slug])),
        dashboard.Figure(
            "Subscriptions", intcomma(subscriptions or 0), reverse("newsletter:lists", args=[slug])
        ),
    ]


def latest_campaigns(request: OperatorRequest) -> dict[str, Any] | None:
    campaigns = list(Campaign.objects.for_list()[:LATEST])
    return {"campaigns": campaigns} if campaigns else None
