"""Tests of variants: samples first, and the rest gets the words that did best (docs/newsletter.md).

What is approved is one content with all its variants, under one hash. Samples and rest are parts
of exactly that; who is in which part follows from the hash of the address, so nobody is in two.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Func, IntegerField, OuterRef, QuerySet
from django.utils import timezone

from accounts.models import Site
from comm100.core.journal import Actor, record
from mail import operations as mail
from mail.content import MailingContent, parse
from mail.models import Mailing, Outbox
from newsletter.models import Campaign, Variant
from newsletter.operations.following import locked
from visitors.models import Contact

State = Campaign.State
WHOLE = 65_536  # buckets of addresses
AGAIN = timedelta(hours=1)  # until we look again at samples that have hardly left


class NoSuchVariant(Exception):
    """The test has no variant at this place."""


class Bucket(Func):
    """0 … 65,535: the same for an address in all parts of one campaign, another in the next."""

    template = (
        "('x' || left(encode(sha256(%(expressions)s || int8send(%(seed)s)), 'hex'), 4))"
        "::bit(16)::integer"
    )
    output_field = IntegerField()


def start_samples(campaign: Campaign) -> None:
    """Each variant to its part of the readers; the clock of the test runs from now on."""
    approved = parse(_approved(campaign).content)
    rows = campaign.in_order
    for row in rows:
        words = approved.variants[row.place]
        row.mailing = _part(approved, words, cap=approved.recipient_cap // len(rows))
        row.save(update_fields=["mailing"])
        mail.start_mailing(row.mailing, unproven=is_unproven(campaign))
    campaign.state = State.TESTING
    campaign.decide_at = _decision_time(campaign)
    campaign.save(update_fields=["state", "decide_at"])


def is_unproven(campaign: Campaign) -> bool:
    """A few go first: of a site that is not trusted, or when something was odd about it."""
    trusted = Site.objects.filter(pk=campaign.site_id, standing=Site.Standing.TRUSTED).exists()
    return not trusted or any(facts["key"] != "sample" for facts in campaign.triggers)


@transaction.atomic
def decide_test(campaign: Campaign, *, place: int | None = None, by: Actor | str) -> bool:
    """Send the rest: the variant at `place`, or the one that did best. Safe to run twice.

    Answers False when there is nothing to decide, or when hardly any sample has left yet.

    Raises:
        NoSuchVariant
    """
    campaign = locked(campaign)
    rows = campaign.in_order
    if campaign.state != State.TESTING or campaign.rest:
        return False
    if place is None:
        if _too_early(rows):
            campaign.decide_at = timezone.now() + AGAIN
            campaign.save(update_fields=["decide_at"])
            return False
        place = best_of(rows, campaign.winner_by)
    if place not in {row.place for row in rows}:
        raise NoSuchVariant
    _send_rest(campaign, rows, place)
    record("campaign.winner", campaign, by=by, place=place, by_hand=not isinstance(by, str))
    return True


def best_of(rows: Sequence[Variant], winner_by: int) -> int:
    """The place with the best rate; of equals the first."""

    counter = "opened" if winner_by == Campaign.WinnerBy.OPENS else "clicked"

    def rate(row: Variant) -> float:
        if row.mailing is None or not row.mailing.sent:
            return 0.0
        return float(getattr(row.mailing, counter) / row.mailing.sent)

    return max(rows, key=lambda row: (rate(row), -row.place)).place


def restart_clock(campaign: Campaign) -> None:
    """A test that was held gets its hours once more."""
    if campaign.is_test and campaign.rest is None and campaign.decide_at:
        campaign.decide_at = _decision_time(campaign)
        campaign.save(update_fields=["decide_at"])


def in_part(readers: QuerySet[Contact], campaign: Campaign, mailing: Mailing) -> QuerySet[Contact]:
    """Those of the readers whom this part of a test goes to; nobody whom another part has."""
    rows = campaign.in_order
    step = WHOLE * campaign.test_share // (100 * len(rows))
    is_rest = mailing.pk == campaign.rest_id
    place = next((row.place for row in rows if row.mailing_id == mailing.pk), len(rows))
    first, end = place * step, WHOLE if is_rest else (place + 1) * step
    taken = Outbox.objects.filter(
        mailing__in=[row.pk for row in campaign.parts if row.pk != mailing.pk]
    )
    seeded = readers.alias(bucket=Bucket(F("email_hash"), seed=int(campaign.pk)))
    return seeded.filter(bucket__gte=first, bucket__lt=end).exclude(
        Exists(taken.filter(address_hash=OuterRef("email_hash")))
        | Exists(taken.filter(contact=OuterRef("pk")))
    )


def _too_early(rows: Sequence[Variant]) -> bool:
    """Half of a sample is still on its way, because a mail server was away."""
    return any(row.mailing and row.mailing.settled * 2 < row.mailing.total for row in rows)


def _decision_time(campaign: Campaign) -> datetime | None:
    if campaign.winner_by == Campaign.WinnerBy.HAND:
        return None
    return timezone.now() + timedelta(hours=campaign.decide_after)


def _send_rest(campaign: Campaign, rows: Sequence[Variant], place: int) -> None:
    approved = parse(_approved(campaign).content)
    gone = sum(row.mailing.total for row in rows if row.mailing)
    cap = max(approved.recipient_cap - gone, 1)
    campaign.rest = _part(approved, approved.variants[place], cap=cap)
    campaign.winner, campaign.state = place, State.SENDING
    campaign.save(update_fields=["rest", "winner", "state"])
    mail.start_mailing(campaign.rest)


def _approved(campaign: Campaign) -> Mailing:
    """The frozen whole. Raises mail.ContentChanged when it is not approved as it stands."""
    whole = Mailing.objects.get(pk=campaign.mailing_id or 0)
    if not whole.approved_hash or bytes(whole.approved_hash) != bytes(whole.content_hash):
        raise mail.ContentChanged("The campaign is not approved as it stands.")
    return whole


def _part(approved: MailingContent, words: Mapping[str, Any], *, cap: int) -> Mailing:
    """One variant of what was approved, as a mailing: approved with the whole."""
    alone = replace(approved, **words, variants=(), recipient_cap=cap)
    made = mail.freeze(alone)
    return mail.approve_mailing(made, content_hash=bytes(made.content_hash))
