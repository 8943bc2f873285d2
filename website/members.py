"""Users are contacts of the company's own site: opening an account says who one is (P4.4).

News of the product goes to them until they say no (P3.2): the relation is the ground, the chance to
say no stands on the form, and the receipt says so. Marketing and partners wait for their own yes.
All of this runs in the context of the company's site.
"""

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from comm100.core.addresses import normalise_email
from comm100.core.tenancy import current_site_id
from newsletter.models import NewsletterList, Subscriber
from newsletter.operations.lists import make_list
from newsletter.operations.subscription import note_list
from newsletter.wording import wording_of
from visitors.models import Choice, Contact, Kind, Receipt, Source
from visitors.operations import AddressTaken, Said, choose, identify, move_address
from website.models import Introduction

LIST = "product-news"
AT_ONCE = 200
OFFERED = (
    "No mail about new features, please (left empty when the account was opened). {company} writes "
    "about them now and then. You can change this at any time."
)
REFUSED = "No mail about new features, please"


def product_news_list() -> NewsletterList:
    """The list that news of the product goes to; made when it is missing."""
    found = NewsletterList.objects.kept().filter(slug=LIST, kind=Kind.PRODUCT_NEWS).first()
    return found or make_list(
        by=None,
        name="Product news",
        description="What is new in the service you use.",
        kind=Kind.PRODUCT_NEWS,
    )


def contact_of(user: User) -> Contact | None:
    return Contact.objects.filter(email_norm=normalise_email(user.email)).first()


@transaction.atomic
def introduce(user: User) -> Contact | None:
    """Make a user known, once; answer the contact, None when they were known and it is gone."""
    _, is_new = Introduction.objects.get_or_create(user=user)
    if not is_new:
        return contact_of(user)
    contact = identify(email=user.email, name=user.name, source=Source.ACCOUNT)
    if Choice.objects.filter(contact=contact, kind=Kind.PRODUCT_NEWS).exists():
        return contact  # they chose before they had an account
    said = _said(user)
    wants = not user.no_news_at_sign_up
    if choose(contact, Kind.PRODUCT_NEWS, wants, said=said) and wants:
        _join(contact, said)
    return contact


def introduce_some() -> int:
    """The next users who are not known yet, by their proven address; answer how many."""
    own = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"))
    known = Introduction.objects.filter(user=OuterRef("pk"))
    rows = User.objects.filter(~Exists(known), Exists(own.filter(verified=True)), is_active=True)
    found = list(rows.order_by("pk")[:AT_ONCE])
    for user in found:
        introduce(user)
    return len(found)


@transaction.atomic
def follow_address(user: User, *, before: str) -> None:
    """A user has another address: their contact follows, and where that is another, a no does."""
    contact = Contact.objects.filter(email_norm=normalise_email(before)).first()
    if contact is None:
        return
    try:
        move_address(contact, email=user.email)
    except AddressTaken as taken:
        refused = Choice.objects.filter(contact=contact, agreed=False)
        for kind in refused.values_list("kind", flat=True):
            said = Said(by=user, where=Receipt.Where.ACCOUNT)
            choose(taken.contact, kind, False, said=said)


def _said(user: User) -> Said:
    words = REFUSED if user.no_news_at_sign_up else OFFERED.format(company=settings.COMPANY_NAME)
    where = Receipt.Where.SIGN_UP
    return Said(by=user, where=where, words=words, by_person=user.no_news_at_sign_up)


def _join(contact: Contact, said: Said) -> None:
    news = product_news_list()
    words = wording_of(news, settings.COMPANY_NAME)
    facts = {"state": Subscriber.State.SUBSCRIBED, "wording": words}
    _, is_new = Subscriber.objects.get_or_create(
        site_id=current_site_id() or 0, list=news, contact=contact, defaults=facts
    )
    if is_new:
        note_list(contact, news, joined=True, said=said)
