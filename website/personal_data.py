"""What the company's own pages hold: testimonials, and who wants no invitations."""

from datetime import timedelta

from django.db.models import Q, QuerySet

from accounts.models import Site
from comm100.core.personal_data import Holding, Person, Purpose, Whose, hold
from comm100.core.stores import VALKEY, Store, cache_keys, keep_beside
from website.limits import OPEN_FOR
from website.models import Introduction, NeverInvite, Testimonial, TestimonialConsent
from website.testifying import remove


def _said_by(person: Person, path: str = "") -> Q:
    """By the address where the customer was asked; contacts of the company's own site alone."""
    if not Site.objects.filter(pk=person.site_id, is_company=True).exists():
        return Q(pk__in=[])
    found = Q(pk__in=[])
    for address in person.addresses:
        found |= Q(**{f"{path}email__iexact": address})
    return found


def _consents(person: Person) -> "QuerySet[TestimonialConsent]":
    return TestimonialConsent.objects.filter(_said_by(person, "testimonial__"))


def _invitations(person: Person) -> "QuerySet[NeverInvite]":
    ours = Site.objects.filter(pk=person.site_id, is_company=True).exists()
    return NeverInvite.objects.filter(address_hash__in=person.hashes if ours else [])


def _take_back(person: Person) -> int:
    said = list(Testimonial.objects.filter(_said_by(person))) if person.kind == "contact" else []
    for one in said:
        remove(one)
    return len(said)


hold(
    Holding(
        model=Introduction,
        title="That the company’s own site knows a user",
        whose=Whose.USER,
        purposes=(Purpose.SERVICE,),
        columns=("at",),
        of_user=lambda person: Introduction.objects.filter(user=person.pk),
    ),
    Holding(
        model=Testimonial,
        title="What customers say in public",
        whose=Whose.CUSTOMER,
        purposes=(Purpose.PUBLISHING,),
        columns=(
            "headline", "name", "title", "organisation", "words", "email", "published_at",
            "asked_at", "created_at",
        ),
        harmless=("fingerprint",),
        of_contact=lambda person: Testimonial.objects.filter(_said_by(person)),
        erase=_take_back,
        erasing="It is taken off the page and deleted.",
    ),
    Holding(
        model=TestimonialConsent,
        title="Consents to be quoted",
        whose=Whose.CUSTOMER,
        purposes=(Purpose.PROOF,),
        columns=("fingerprint", "policy_version", "given_at", "withdrawn_at"),
        of_contact=_consents,
        erase=lambda _: 0,
        erasing="They go with the testimonial.",
    ),
    Holding(
        model=NeverInvite,
        title="Addresses that get no invitation by a friend",
        whose=Whose.CUSTOMER,
        purposes=(Purpose.PROOF,),
        columns=("address_hash", "at"),
        of_contact=_invitations,
        stays="A code made from the address, not the address, so that no invitation is sent.",
    ),
)  # fmt: skip
keep_beside(
    Store(
        key="website.double_clicks",
        title="That a form was sent just now",
        whose=(Whose.CUSTOMER,),
        purposes=(Purpose.SERVICE,),
        facts=("a keyed code of what was sent",),
        where=VALKEY,
        keeps=timedelta(seconds=OPEN_FOR),
        ends="Valkey drops each when its time is over.",
        erasing="It is not looked for: nothing leads from a person to it.",
        keys=(cache_keys("contact-form"), cache_keys("referral-form")),
    )
)
