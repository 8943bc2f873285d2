"""The preference page: four choices and the lists below them, saved together (P7.1).

A kind of mail that is off takes its lists with it. Who ticks a list below a kind that was off means
yes; who turns a kind on again without a list means those that they were on before.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import Site
from comm100.core.journal import Actor, record
from mail import operations as mail
from newsletter.models import Departure, NewsletterList, Subscriber
from newsletter.operations.departure import unsubscribe
from newsletter.operations.sparing import spare_who_left
from newsletter.operations.subscription import note_list, refuse
from newsletter.suppressions import is_out
from newsletter.wording import wording_of
from visitors.choosing import words_of
from visitors.models import MAIL_KINDS, Contact, Kind, Receipt
from visitors.operations import Said, choose, note_event, states_of

State = Subscriber.State
YES = Receipt.State.YES


@dataclass(frozen=True)
class Wish:
    """What was ticked when the page was sent."""

    kinds: frozenset[int]
    lists: Sequence[NewsletterList] = ()


@dataclass(frozen=True)
class Sender:
    """Who sent the page, from where: the contact by a link, or a user who is signed in."""

    by: Actor
    site: Site
    where: int = Receipt.Where.PREFERENCES
    mailing_id: int | None = None

    def said(self, words: str) -> Said:
        return Said(by=self.by, where=self.where, words=words)


@transaction.atomic
def save_preferences(contact: Contact, wish: Wish, *, sender: Sender) -> None:
    """Exactly what was ticked, and no more; no mail at all is unsubscribing."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk)
    _choose(contact, Kind.PERSONALISE, Kind.PERSONALISE in wish.kinds, sender)
    kinds, lists = _meant(contact, wish)
    if not kinds and not lists:
        how = Departure.How.PREFERENCES
        unsubscribe(
            contact, how=how, mailing_id=sender.mailing_id, where=sender.where, by=sender.by
        )
        return
    if is_out(contact):
        refuse(contact, set(MAIL_KINDS) - kinds, said=sender.said(""))
        mail.unsuppress(contact)
    _change_lists(contact, lists, sender)
    for kind in MAIL_KINDS:
        _choose(contact, kind, kind in kinds, sender)


def open_kinds(contact: Contact) -> set[int]:
    """What the page shows as on: nothing of mail for who is off everything."""
    on = {kind for kind, state in states_of(contact).items() if state == YES}
    return on - set(MAIL_KINDS) if is_out(contact) else on


def lists_to_choose(contact: Contact) -> list[NewsletterList]:
    """Public lists, and those that they are or were on."""
    known = Subscriber.objects.filter(contact=contact).values("list")
    rows = NewsletterList.objects.for_list()
    return list(rows.filter(is_public=True) | rows.filter(pk__in=known))


def public_lists() -> list[NewsletterList]:
    return list(NewsletterList.objects.for_list().filter(is_public=True))


def lists_of(contact: Contact) -> set[int]:
    """Ids of the lists that they are on."""
    places = Subscriber.objects.subscribed().filter(contact=contact, list__removed_at=None)
    return set(places.values_list("list_id", flat=True))


def _meant(contact: Contact, wish: Wish) -> tuple[set[int], list[NewsletterList]]:
    was_on, stays = open_kinds(contact), lists_of(contact)
    kinds: set[int] = set()
    lists: list[NewsletterList] = []
    for kind in MAIL_KINDS:
        ticked = [row for row in wish.lists if row.kind == kind]
        newly = any(row.pk not in stays for row in ticked)
        if kind in wish.kinds or (newly and kind not in was_on):
            kinds.add(kind)
            lists += ticked or ([] if kind in was_on else _lists_before(contact, kind))
    return kinds, lists


def _lists_before(contact: Contact, kind: int) -> list[NewsletterList]:
    """Where they have or had a place; of product news else its public lists."""
    known = Subscriber.objects.filter(contact=contact).values("list")
    rows = NewsletterList.objects.for_list().filter(kind=kind)
    before = list(rows.filter(pk__in=known))
    return before or (list(rows.filter(is_public=True)) if kind == Kind.PRODUCT_NEWS else [])


def _choose(contact: Contact, kind: int, agreed: bool, sender: Sender) -> None:
    if agreed or states_of(contact)[kind] == YES:  # an empty box says nothing new
        choose(contact, kind, agreed, said=sender.said(words_of(kind, sender.site.name)))


def _change_lists(contact: Contact, wanted: list[NewsletterList], sender: Sender) -> None:
    now, stays = timezone.now(), lists_of(contact)
    places = Subscriber.objects.filter(contact=contact)
    gone = places.exclude(state=State.UNSUBSCRIBED).exclude(list__in=wanted)
    gone.update(state=State.UNSUBSCRIBED, left_at=now)
    joined = [row for row in wanted if row.pk not in stays]
    for row in joined:
        facts = {"state": State.SUBSCRIBED, "confirmed_at": now, "left_at": None}
        facts["wording"] = words = wording_of(row, sender.site.name)
        Subscriber.objects.update_or_create(
            site_id=contact.site_id, list=row, contact=contact, defaults=facts
        )
        note_list(contact, row, joined=True, said=sender.said(words))
    left = NewsletterList.objects.filter(pk__in=stays - {row.pk for row in wanted})
    for row in left:
        note_list(contact, row, joined=False, said=sender.said(""))
    if joined or left:
        record("consent.changed", contact, by=sender.by, joined=len(joined), left=len(left))
        names = ", ".join(row.name for row in wanted)
        text = f"Chose these lists: {names}" if names else "Left all lists"
        note_event(contact, kind="preferences.changed", text=text)
    if left:
        spare_who_left(contact)
