"""What a campaign would send: its content, its audience, and what is not right yet."""

from dataclasses import dataclass, replace
from typing import Any, Literal

from accounts.models import Site
from mail import merge
from mail.content import MailingContent, parse
from mail.models import Mailing
from mail.senders import sender_email
from newsletter.models import Campaign, NewsletterList, Subscriber
from newsletter.rendering import Link, links_in, render_letter
from visitors.models import CustomField

SMALL_SAMPLE = 100  # readers of a variant
COUNTED_EXACTLY = 50_000  # members of several lists are counted one by one up to here


@dataclass(frozen=True)
class Check:
    """One line of the list that a campaign passes before it is submitted."""

    name: Literal["subject", "body", "audience", "fields", "links", "fallbacks", "test", "sample"]
    label: str
    problems: tuple[str, ...] = ()
    stops: bool = True  # False: a warning

    @property
    def state(self) -> str:
        if not self.problems:
            return "good"
        return "bad" if self.stops else "warning"


def compose(campaign: Campaign, site: Site) -> MailingContent:
    """The whole that is frozen and approved, with every variant of a test."""
    words = wordings(campaign, site)
    lists = campaign.chosen_lists
    every_link = (link for wording in words for link in wording["links"])
    return MailingContent(
        **(words[0] | {"links": list(dict.fromkeys(every_link))}),
        sender_name=campaign.sender_name,
        sender_email=sender_email(site),
        reply_to=campaign.reply_to,
        list_name=f"{site.name} newsletter",
        variants=words if campaign.is_test else (),
        kind=campaign.kind,
        audience=sorted(row.pk for row in lists),
        recipient_cap=_cap(sum(row.subscribed for row in lists)),
        track_opens=site.track_opens,
        track_clicks=site.track_clicks,
    )


def wordings(campaign: Campaign, site: Site) -> list[dict[str, Any]]:
    """What differs between the variants of a test, A first; of others the one wording."""
    first = (campaign.subject, campaign.preheader, campaign.body)
    words = [_worded(site, campaign.kind, *first, campaign.text)]
    for row in campaign.in_order[1:] if campaign.is_test else ():
        other = (row.subject or first[0], row.preheader or first[1], row.body or first[2])
        words.append(_worded(site, campaign.kind, *other, "" if row.body else campaign.text))
    return words


def _worded(
    site: Site, kind: int, subject: str, preheader: str, body: str, text: str
) -> dict[str, Any]:
    words: dict[str, Any] = {"subject": subject, "preheader": preheader}
    letter = render_letter(site, kind=kind, body=body, text=text, **words)
    words["links"] = [link.href for link in links_in(body)]
    return words | {"html": letter.html, "text": letter.text}


def variants_of(content: MailingContent) -> list[MailingContent]:
    """The content in each of its wordings; of what is no test the content alone."""
    return [replace(content, **words, variants=()) for words in content.variants] or [content]


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
    unknown, gaps = [], []
    for worded in variants_of(content):
        unknown += merge.problems(worded, keys)
        gaps += [
            f"Contacts without “{key}” get a gap. Write {{{{ {key} | something }}}}."
            for key in merge.missing_fallbacks(worded)
        ]
    checks = [
        Check("subject", "Subject", () if campaign.subject.strip() else ("Write a subject.",)),
        Check("body", "Text", () if campaign.body else ("Write the text of the mail.",)),
        Check("audience", "Readers", _audience_problems(campaign)),
        Check("fields", "Merge fields", tuple(dict.fromkeys(unknown))),
        Check("links", "Links", _link_problems(_links_of(campaign))),
        Check("fallbacks", "Fallbacks", tuple(dict.fromkeys(gaps)), stops=False),
    ]
    if campaign.is_test:
        checks.append(Check("test", "Test of variants", _test_problems(campaign, content)))
        checks.append(Check("sample", "Size of the samples", _small(campaign), stops=False))
    return checks


def _links_of(campaign: Campaign) -> list[Link]:
    bodies = [campaign.body]
    if campaign.is_test:
        bodies += [row.body for row in campaign.in_order if row.body]
    return [link for body in bodies for link in links_in(body)]


def _test_problems(campaign: Campaign, content: MailingContent) -> tuple[str, ...]:
    counted = {
        Campaign.WinnerBy.CLICKS: (content.track_clicks, "Clicks"),
        Campaign.WinnerBy.OPENS: (content.track_opens, "Opens"),
    }
    is_counted, what = counted.get(Campaign.WinnerBy(campaign.winner_by), (True, ""))
    if is_counted:
        return ()
    return (
        f"{what} are not counted on this site. Turn that on in the settings, "
        "or choose the winner yourself.",
    )


def _small(campaign: Campaign) -> tuple[str, ...]:
    """Below SMALL_SAMPLE readers for each variant, chance decides."""
    readers = sum(row.subscribed for row in campaign.chosen_lists)
    each = readers * campaign.test_share // (100 * max(len(campaign.in_order), 1))
    if each >= SMALL_SAMPLE:
        return ()
    return (f"About {each} readers get each variant: chance decides then. Take a larger part.",)


def _audience_problems(campaign: Campaign) -> tuple[str, ...]:
    lists = campaign.chosen_lists
    if not lists:
        return ("Choose a list.",)
    if not any(row.subscribed for row in lists):
        return ("Nobody is on the chosen list. Import contacts, or share its form.",)
    if len({row.kind for row in lists}) > 1:
        return ("These lists are of different kinds. Choose lists of one kind.",)
    return ()


def _link_problems(links: list[Link]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(link.problem for link in links if link.problem))
