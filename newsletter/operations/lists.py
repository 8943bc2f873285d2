"""Make, change and remove the lists of a site."""

from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify

from comm100.core.journal import record
from comm100.core.models import take_numbers
from comm100.core.tenancy import current_site_id
from newsletter.models import Audience, Campaign, NewsletterList
from operators.models import Operator
from visitors.models import Kind

FIRST_LIST = "Newsletter"
UNDER_WAY = (
    Campaign.State.MODERATION_NEEDED,
    Campaign.State.APPROVED,
    Campaign.State.SCHEDULED,
    Campaign.State.SENDING,
    Campaign.State.HELD,
)


class ListInUse(Exception):
    """Campaigns that wait or are being sent go to this list."""


@transaction.atomic
def make_list(
    *,
    by: Operator | None,
    name: str,
    description: str = "",
    is_public: bool = True,
    kind: int = Kind.MARKETING,
) -> NewsletterList:
    return NewsletterList.objects.create(
        site_id=current_site_id() or 0,
        number=take_numbers("list"),
        name=name,
        slug=_free_slug(name),
        description=description,
        is_public=is_public,
        kind=kind,
    )


@transaction.atomic
def first_list(*, by: Operator | None) -> NewsletterList:
    """The list that an import makes for a site without any, once; nobody finds its form yet."""
    made = NewsletterList.objects.kept().filter(name=FIRST_LIST).first()
    return made or make_list(by=by, name=FIRST_LIST, is_public=False)


@transaction.atomic
def remove_list(newsletter_list: NewsletterList, *, by: Operator) -> None:
    """Take a list away; who was on it stays on record as the proof of consent.

    Raises:
        ListInUse: a campaign on its way goes to it.
    """
    newsletter_list = NewsletterList.objects.select_for_update().get(pk=newsletter_list.pk)
    if newsletter_list.removed_at:
        return
    in_use = Campaign.objects.filter(state__in=UNDER_WAY, audiences__list=newsletter_list)
    if in_use.exists():
        raise ListInUse
    Audience.objects.filter(
        list=newsletter_list,
        campaign__state__in=[Campaign.State.DRAFT, Campaign.State.CHANGES_REQUESTED],
    ).delete()
    newsletter_list.removed_at = timezone.now()
    newsletter_list.slug = f"{newsletter_list.slug[:40]}-removed-{newsletter_list.number}"
    newsletter_list.is_public = False
    newsletter_list.save(update_fields=["removed_at", "slug", "is_public"])
    record("list.removed", newsletter_list, by=by, subscribed=newsletter_list.subscribed)


def _free_slug(name: str) -> str:
    stem = slugify(name)[:50] or "list"
    taken = set(NewsletterList.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    if stem not in taken:
        return stem
    return next(f"{stem}-{n}" for n in range(2, 10_000) if f"{stem}-{n}" not in taken)
