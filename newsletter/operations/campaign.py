"""Write campaigns: make, save, copy. Any edit of what was submitted takes it back to draft."""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from comm100.core.models import take_numbers
from comm100.core.tenancy import current_site_id
from mail import operations as mail
from newsletter.events import CampaignWithdrawn
from newsletter.models import Audience, Campaign, NewsletterList, Variant
from newsletter.rendering import clean_body
from operators.models import Operator

COPIED = (
    "subject", "preheader", "sender_name", "reply_to", "body", "text",
    "test_share", "winner_by", "decide_after",
)  # fmt: skip
OPEN_TO_EDIT = (Campaign.State.DRAFT, Campaign.State.CHANGES_REQUESTED)


class NotEditable(Exception):
    """It is on its way, or was: only a copy can be edited."""


class SavedByAnother(Exception):
    """Somebody, or another tab, saved it since this page was opened."""


@dataclass(frozen=True, kw_only=True)
class Words:
    """What the editor holds."""

    subject: str
    preheader: str
    sender_name: str
    reply_to: str
    body: str
    text: str
    lists: Collection[NewsletterList]


@dataclass(frozen=True, kw_only=True)
class Opened:
    """Which state the editor shows: the revision it was opened with, and the browser tab."""

    revision: int
    tab: str = ""
    overwrite: bool = False  # the writer saw that there is a newer one, and wants this one


@transaction.atomic
def make_campaign(*, by: Operator) -> Campaign:
    """An empty draft, with what the site used last as its sender; one at a time (double clicks)."""
    site = by.site
    last = Campaign.objects.order_by("-id").first()
    if last and last.is_untouched and last.written_by_id == by.pk:
        return last
    return Campaign.objects.create(
        site_id=current_site_id() or 0,
        number=take_numbers("campaign"),
        subject="",
        sender_name=last.sender_name if last else site.name,
        reply_to=last.reply_to if last else by.user.email,
        written_by=by,
    )


@transaction.atomic
def save_campaign(campaign: Campaign, words: Words, *, opened: Opened, by: Operator) -> Campaign:
    """Keep what the editor holds, unless another tab or person saved since it was opened.

    Raises:
        NotEditable, SavedByAnother
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if not campaign.is_editable:
        raise NotEditable
    mine = opened.overwrite or (opened.tab and opened.tab == campaign.edited_in)
    if campaign.revision != opened.revision and not mine:
        raise SavedByAnother
    if campaign.state != Campaign.State.DRAFT:
        take_back(campaign, by)
    for name in ("subject", "preheader", "sender_name", "reply_to", "text"):
        setattr(campaign, name, getattr(words, name))
    campaign.body = clean_body(words.body)
    campaign.revision += 1
    campaign.edited_in = opened.tab
    campaign.edited_at = timezone.now()
    campaign.save()
    _choose_lists(campaign, words.lists)
    return campaign


@transaction.atomic
def withdraw_campaign(campaign: Campaign, *, by: Operator) -> Campaign:
    """Take it back to draft, so that it can be edited; nothing of it is sent.

    Raises:
        NotEditable
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign.pk)
    if not campaign.is_editable:
        raise NotEditable
    if campaign.state != Campaign.State.DRAFT:
        take_back(campaign, by)
        campaign.revision += 1
        campaign.edited_in = ""
        campaign.save()
    return campaign


@transaction.atomic
def copy_campaign(campaign: Campaign, *, by: Operator) -> Campaign:
    """A new draft with the same words and lists, and the same test."""
    copy = Campaign.objects.create(
        site_id=campaign.site_id,
        number=take_numbers("campaign"),
        written_by=by,
        **{name: getattr(campaign, name) for name in COPIED},
    )
    _choose_lists(copy, NewsletterList.objects.kept().filter(pk__in=campaign.list_ids))
    Variant.objects.bulk_create(
        Variant(
            site_id=campaign.site_id,
            campaign=copy,
            **{name: getattr(row, name) for name in ("place", "subject", "preheader", "body")},
        )
        for row in campaign.in_order
    )
    return copy


def take_back(campaign: Campaign, by: Operator) -> None:
    """Back to draft, in memory: whoever calls saves it. What was frozen is cancelled."""
    if campaign.mailing:
        mail.cancel_mailing(campaign.mailing, by=by)
    was = Campaign.State(campaign.state).name.lower()
    campaign.state = Campaign.State.DRAFT
    campaign.mailing = campaign.wanted_at = campaign.starts_at = None
    campaign.fallback_zone = ""
    campaign.submitted_at = campaign.decided_at = None
    campaign.claimed_by = campaign.claimed_until = campaign.refused_by = None
    campaign.appeal = ""
    close_grants(campaign.number)
    record("campaign.withdrawn", campaign, by=by, was=was)
    publish(CampaignWithdrawn(site_id=campaign.site_id, campaign_id=campaign.pk))


def close_grants(number: int) -> None:
    """No moderator reads its content any more, of the site in context."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.close_moderation(%s)", [number])


def _choose_lists(campaign: Campaign, lists: Collection[NewsletterList]) -> None:
    wanted = {row.pk for row in lists}
    chosen = set(campaign.list_ids)
    campaign.audiences.filter(list_id__in=chosen - wanted).delete()
    Audience.objects.bulk_create(
        Audience(site_id=campaign.site_id, campaign=campaign, list_id=pk)
        for pk in sorted(wanted - chosen)
    )
