"""What customers say in public: written, asked for, agreed to, posted, withdrawn (P5.5, P5.6).

Only the customer agrees, by the signed link in a letter; the database refuses to post without
(models/testimonial.py). What must be provable stands in the journal of the company's site.
"""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.documents import version_today
from comm100.core.journal import Actor, record
from comm100.core.tenancy import working_for
from comm100.core.tokens import make_token, read_token
from website.models import Testimonial, TestimonialConsent
from website.models.testimonial import FINGERPRINTED

PURPOSE = "testimonial"
CUSTOMER = "customer"


class NoConsent(Exception):
    """The customer did not agree to these words, or took it back."""


@transaction.atomic
def write(facts: Mapping[str, object], *, by: User) -> Testimonial:
    return Testimonial.objects.create(**facts, written_by=by)


@transaction.atomic
def change(testimonial: Testimonial, facts: Mapping[str, object]) -> None:
    """Other words need another consent: what was posted is taken down until then."""
    held = _held(testimonial)
    if any(getattr(held, name) != value for name, value in facts.items() if name in FINGERPRINTED):
        held.published_at = held.consent = held.asked_at = None
    for name, value in facts.items():
        setattr(held, name, value)
    held.save()


@transaction.atomic
def ask(testimonial: Testimonial, *, by: User) -> None:
    """Note that the customer was asked; the letter is the caller's."""
    Testimonial.objects.filter(pk=testimonial.pk).update(asked_at=timezone.now())
    _note("testimonial.asked", testimonial, by=by)


@transaction.atomic
def agree(testimonial: Testimonial, words: Mapping[str, object]) -> TestimonialConsent:
    """The customer agrees to exactly the words that came with the click."""
    change(testimonial, words)
    held = _held(testimonial)
    if held.consent:
        return held.consent
    consent = held.consents.create(
        fingerprint=held.fingerprint, policy_version=version_today("policy")
    )
    Testimonial.objects.filter(pk=held.pk).update(consent=consent)
    _note("testimonial.agreed", held, by=CUSTOMER, fingerprint=held.fingerprint)
    return consent


@transaction.atomic
def publish(testimonial: Testimonial, *, by: User) -> None:
    """Post it. Raises NoConsent; the database would refuse, too."""
    held = _held(testimonial)
    if held.consent is None:
        raise NoConsent
    if not held.is_published:
        Testimonial.objects.filter(pk=held.pk).update(published_at=timezone.now())
        _note("testimonial.published", held, by=by, fingerprint=held.fingerprint)


@transaction.atomic
def take_down(testimonial: Testimonial, *, by: User) -> None:
    """Staff take it off the page; the consent stays. Safe to repeat."""
    if Testimonial.objects.filter(pk=testimonial.pk).published().update(published_at=None):
        _note("testimonial.taken_down", testimonial, by=by)


@transaction.atomic
def withdraw(testimonial: Testimonial) -> None:
    """The customer takes the consent back: it is off the page with this commit. Safe to repeat."""
    held = _held(testimonial)
    consent = held.consent
    if consent is None:
        return
    Testimonial.objects.filter(pk=held.pk).update(published_at=None, consent=None)
    TestimonialConsent.objects.filter(pk=consent.pk).update(withdrawn_at=timezone.now())
    _note("testimonial.withdrawn", held, by=CUSTOMER)


@transaction.atomic
def remove(testimonial: Testimonial, *, by: Actor | str = CUSTOMER) -> None:
    """Delete it with its consents; the journal keeps that there was one."""
    held = _held(testimonial)
    Testimonial.objects.filter(pk=held.pk).update(published_at=None, consent=None)
    held.delete()
    _note("testimonial.removed", testimonial, by=by)


def link_of(testimonial: Testimonial) -> str:
    """The customer's own page: agree, change, take back, delete. It works for good."""
    return f"{settings.PUBLIC_URL}/customers/yours/{make_token(PURPOSE, testimonial.pk)}/"


def find_by_link(token: str) -> Testimonial | None:
    """Raises BadToken."""
    numbers = read_token(PURPOSE, token)
    return Testimonial.objects.select_related("consent").filter(pk=numbers[0]).first()


def _held(testimonial: Testimonial) -> Testimonial:
    rows = Testimonial.objects.select_for_update(of=("self",)).select_related("consent")
    return rows.get(pk=testimonial.pk)


def _note(action: str, testimonial: Testimonial, *, by: Actor | str, **detail: Any) -> None:
    with working_for(Site.objects.company().pk, kind="public"):
        record(action, by=by, testimonial=testimonial.pk, **detail)
