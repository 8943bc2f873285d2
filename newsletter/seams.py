"""What the newsletter adds to the floors below: places, first steps, panels, destinations."""

from collections.abc import Mapping
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Site
from comm100.core.navigation import Place, offer
from mail.models import Mailing
from newsletter import carriers
from newsletter.chosen import chosen_by
from newsletter.dashboard import join as join_dashboard
from newsletter.models import Campaign, NewsletterList, Subscriber, Variant
from newsletter.operations.lists import FIRST_LIST, first_list
from newsletter.operations.staging import lists_for_imports, subscribe_staged
from operators import chronicle, dashboard
from operators.models import Operator
from operators.records import know_by
from visitors import destinations, panels
from visitors.models import Contact, Import

FIRST = "first"  # chosen in an import while the site has no list
PLACES = (
    # label, URL name, icon, permission, order, in the side bar
    ("Campaigns", "campaigns", "send", "newsletter:read", 300, True),
    ("Lists", "lists", "list", "newsletter:read", 310, True),
    ("New campaign", "campaign_new", "plus", "newsletter:write", 320, False),
    ("New list", "list_new", "list-plus", "newsletter:write", 330, False),
)


def join_them() -> None:
    """Called once, when the app is ready."""
    for label, name, icon, permission, order, in_side_bar in PLACES:
        offer(
            Place(
                label=label,
                url_name=f"newsletter:{name}",
                icon=icon,
                permission=permission,
                section="Newsletter",
                order=order,
                in_side_bar=in_side_bar,
            )
        )
    destinations.register(
        destinations.Destination(
            name="lists",
            label="Add to lists",
            help="Who unsubscribed before is not added again.",
            choices=_lists_to_choose,
            apply=_subscribe,
        )
    )
    _add_panels()
    _add_first_steps()
    join_dashboard()
    _tell_the_journal()
    _name_what_happens()
    carriers.join()


def _add_panels() -> None:
    panels.register(
        panels.Panel(
            name="newsletter",
            title="Newsletter",
            template="newsletter/contact_panel.html",
            facts=_places_of,
            permission="newsletter:read",
            order=20,
        )
    )
    panels.register(
        panels.Panel(
            name="choices",
            title="What they chose",
            template="newsletter/choices_panel.html",
            facts=lambda contact, operator: chosen_by(contact, operator.site),
            order=30,
        )
    )


def _lists_to_choose(operator: Operator) -> list[tuple[str, str]]:
    if not operator.may("newsletter:write"):
        return []
    lists = [(str(row.pk), row.name) for row in lists_for_imports()]
    return lists or [(FIRST, f"A new list, “{FIRST_LIST}”: campaigns go to lists")]


def _subscribe(run: Import, choices: list[str]) -> None:
    lists = [int(choice) for choice in choices if choice.isdecimal()]
    if FIRST in choices:
        lists.append(first_list(by=run.started_by).pk)
    subscribe_staged(run, lists)


def _places_of(contact: Contact, operator: Operator) -> dict[str, Any]:
    places = Subscriber.objects.filter(contact=contact, list__removed_at=None)
    return {"places": places.select_related("list").order_by("list__name")}


def _add_first_steps() -> None:
    for order, label, text, url_name, action, permission, done in (
        (
            30,
            "Make a list",
            "People subscribe to lists, and campaigns go to lists.",
            "list_new",
            "New list",
            "newsletter:write",
            lambda _: NewsletterList.objects.kept().exists(),
        ),
        (
            40,
            "Send a newsletter",
            "Write it, try it on yourself, and submit it.",
            "campaign_new",
            "New campaign",
            "newsletter:submit",
            _has_submitted,
        ),
    ):
        dashboard.register_step(
            dashboard.Step(
                label=label,
                text=text,
                url_name=f"newsletter:{url_name}",
                action=action,
                permission=permission,
                done=done,
                order=order,
            )
        )


def _has_submitted(site: Site) -> bool:
    return Campaign.objects.exclude(submitted_at=None).exists()


def _campaign_of_a_mailing() -> Any:
    """Its number; a sample of a test is its variant's mailing."""
    own = Campaign.objects.filter(mailing=OuterRef("pk")).order_by().values("number")[:1]
    tried = Variant.objects.filter(mailing=OuterRef("pk")).order_by().values("campaign__number")[:1]
    return Coalesce(Subquery(own), Subquery(tried))


def _tell_the_journal() -> None:
    know_by(Mailing, _campaign_of_a_mailing, of=Campaign._meta.db_table)
    chronicle.tell(
        list_filled="put {count:contact} on a list",
        list_removed="removed a list with {subscribed:subscriber}",
        campaign_submitted="submitted a campaign",
        campaign_released="released a campaign",
        campaign_rescheduled="chose another time for a campaign",
        campaign_missed="held a campaign: it missed its time",
        campaign_stopped="stopped a campaign: {hard} of {tried} bounced, {complained} complained",
        campaign_appealed="appealed against a rejection",
        mailing_proved="let the rest of a campaign follow the first {canary}",
        campaign_winner="chose the variant for the rest of the readers",
        deliveries_exported="downloaded {count:delivery|deliveries} of a campaign",
        campaign_withdrawn="took a campaign back to draft (before: {was})",
        campaign_cancelled="cancelled a campaign (before: {was})",
        consent_declared="declared the consent of a contact",
        consent_chosen="said {said} to {kind} ({where})",
        consent_confirmed="confirmed the wish to get the newsletter",
        consent_changed="changed the lists they are on ({joined} joined, {left} left)",
        consent_withdrawn="unsubscribed ({how}); lists left: {lists}",
        mailing_approved="approved the content",
        mailing_started="began to send",
        mailing_held="held a mailing",
        mailing_resumed="resumed a mailing",
        mailing_cancelled=_cancelled,
        mailing_resent="sent {count:mail} of unknown fate again",
    )


def _name_what_happens() -> None:
    chronicle.label(
        campaign_missed="Campaign missed its time",
        campaign_stopped="Campaign stopped by bounces or complaints",
        campaign_appealed="Rejection appealed against",
        campaign_changes_requested="Changes of a campaign asked for",
        campaign_winner="Variant chosen for the rest",
        deliveries_exported="Deliveries downloaded",
        mailing_approved="Content approved",
        mailing_proved="First mails of a campaign proved good",
        mailing_resent="Mails of unknown fate sent again",
        moderation_opened="Campaign opened by a moderator",
        moderation_closed="Campaign put back by a moderator",
    )


def _cancelled(detail: Mapping[str, Any]) -> str:
    """How far it was: nobody reads "0 of 0"."""
    settled = int(detail.get("settled") or 0)
    if not settled:
        return "cancelled a mailing before any of it left"
    return f"cancelled a mailing after {settled:,} of {{total:mail}}"
