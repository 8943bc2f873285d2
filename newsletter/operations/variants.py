"""Write the variants of a test; like any edit, that takes what was submitted back to draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from newsletter.models import Campaign, Variant
from newsletter.operations.campaign import NotEditable, take_back
from newsletter.operations.following import locked
from newsletter.rendering import clean_body
from operators.models import Operator


@dataclass(frozen=True, kw_only=True)
class Plan:
    """share: per cent of the readers who get a sample, all variants together."""

    share: int
    winner_by: int
    decide_after: int


@dataclass(frozen=True, kw_only=True)
class Wording:
    """One variant besides A; what is "" stays as in A."""

    subject: str = ""
    preheader: str = ""
    body: str = ""

    @property
    def says_something(self) -> bool:
        return bool(self.subject or self.preheader or clean_body(self.body))


@transaction.atomic
def save_test(
    campaign: Campaign, plan: Plan, wordings: Sequence[Wording], *, by: Operator
) -> Campaign:
    """Keep the test as it is now; those that say nothing are left out, and without any no test.

    Raises:
        NotEditable
    """
    campaign = locked(campaign)
    if not campaign.is_editable:
        raise NotEditable
    if campaign.state != Campaign.State.DRAFT:
        take_back(campaign, by)
    others = [words for words in wordings if words.says_something][: Variant.MOST - 1]
    campaign.test_share = plan.share if others else 0
    campaign.winner_by, campaign.decide_after = plan.winner_by, plan.decide_after
    campaign.revision += 1
    campaign.save()
    write_variants(campaign, others)
    return campaign


def write_variants(campaign: Campaign, others: Sequence[Wording]) -> None:
    """The rows of a test, A first; none when there is nothing to compare."""
    Variant.objects.filter(campaign=campaign).delete()
    words = [Wording(), *others] if others else []
    Variant.objects.bulk_create(
        Variant(
            site_id=campaign.site_id,
            campaign=campaign,
            place=place,
            subject=one.subject,
            preheader=one.preheader,
            body=clean_body(one.body),
        )
        for place, one in enumerate(words)
    )
