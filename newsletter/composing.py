"""What a campaign would send: its content, its audience, and what is not right yet."""

from dataclasses import dataclass
from typing import Literal

from django.conf import settings

from accounts.models import Site
from mail import merge
from mail.content import MailingContent, parse
from mail.models import Mailing
from newsletter.models import Campaign, NewsletterList, Subscriber
from newsletter.rendering import Link, links_in, render_letter
from visitors.models import CustomField

COUNTED_EXACTLY = 50_000  # members of several lists are counted one by one up to here


@dataclass(frozen=True)
class Check:
    """One line of the list that a campaign passes before it is submitted."""

    name: Literal["subject", "body", "audience", "fields", "links", "fallbacks"]
    label: str
    problems: tuple[str, ...] = ()
    stops: bool = True  # False: a warning

    @property
    def state(self) -> str:
        if not self.problems:
            return "good"
        return "bad" if self.stops else "warning"


def compose(campaign: Campaign, site: Site) -> MailingContent:
    letter = render_letter(
        site,
        subject=campaign.subject,
        preheader=campaign.preheader,
        body=campaign.body,
        text=campaign.text,
    )
    lists = campaign.chosen_lists
    return MailingContent(
        subject=campaign.subject,
        sender_name=campaign.sender_name,
        sender_email=sender_email(site),
        reply_to=campaign.reply_to,
        list_name=f"{site.name} newsletter",
        preheader=campaign.preheader,
        html=letter.html,
        text=letter.text,
        links=[link.href for link in links_in(campaign.body)],
        audience=sorted(row.pk for row in lists),
        recipient_cap=_cap(sum(row.subscribed for row in lists)),
        track_opens=site.track_opens,
        track_clicks=site.track_clicks,
    )


def content_of(campaign: Campaign, site: Site) -> MailingContent:
    """What was submitted, exactly; what would be, while it is still written."""
    if campaign.mailing_id and campaign.state not in (
        Campaign.State.DRAFT,
        Campaign.State.CHANGES_REQUESTED,
    ):
        frozen = Mailing.objects.values_list("content", flat=True).get(pk=campaign.mailing_id)
        return parse(frozen)
    return compose(campaign, site)


def _cap(size: int) -> int:
    """What a moderator approves: the readers of now, and some who join while it waits."""
    return size + max(100, size // 10)


def sender_email(site: Site) -> str:
    """Sites send from the company's mail host until they have a domain of their own."""
    return f"{site.slug}@{settings.MAIL_HOST}"


def audience_size(lists: list[NewsletterList]) -> int:
    """How many get it; somebody on several lists counts once, while that is quickly counted."""
    if not _is_counted(lists):
        return sum(row.subscribed for row in lists)
    places = Subscriber.objects.subscribed().filter(list__in=lists)
    return places.order_by().values("contact").distinct().count()


def audience_in_words(lists: list[NewsletterList]) -> str:
    size = audience_size(lists)
    most = "up to " if len(lists) > 1 and not _is_counted(lists) else ""
    return "1 reader" if size == 1 else f"{most}{size:,} readers"


def _is_counted(lists: list[NewsletterList]) -> bool:
    """Several lists of a size that is counted one by one; else the counters are added up."""
    return len(lists) > 1 and sum(row.subscribed for row in lists) <= COUNTED_EXACTLY


def custom_keys() -> list[str]:
    return list(CustomField.objects.order_by("key").values_list("key", flat=True))


def checklist(campaign: Campaign, content: MailingContent, keys: list[str]) -> list[Check]:
    """Every check, passed or not, in the order of the editor; `keys` are the custom fields'."""
    unknown = merge.problems(content, keys)
    gaps = [
        f"Contacts without “{key}” get a gap. Write {{{{ {key} | something }}}}."
        for key in merge.missing_fallbacks(content)
    ]
    return [
        Check("subject", "Subject", () if campaign.subject.strip() else ("Write a subject.",)),
        Check("body", "Text", () if campaign.body else ("Write the text of the mail.",)),
        Check("audience", "Readers", _audience_problems(campaign)),
        Check("fields", "Merge fields", tuple(unknown)),
        Check("links", "Links", _link_problems(links_in(campaign.body))),
        Check("fallbacks", "Fallbacks", tuple(gaps), stops=False),
    ]


def _audience_problems(campaign: Campaign) -> tuple[str, ...]:
    lists = campaign.chosen_lists
    if not lists:
        return ("Choose a list.",)
    if not any(row.subscribed for row in lists):
        return ("Nobody is on the chosen list. Import contacts, or share its form.",)
    return ()


def _link_problems(links: list[Link]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link.problem for link in links if link.problem))
