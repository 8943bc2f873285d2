"""The one thing on our pages that knows somebody: a greeting on the front page (P3.5).

It shows only to who said who they are *and* chose pages that fit. Without a sign-in that is a
browser that agreed to be combined with the person, and met them where the mailbox was proven: a
form takes anybody's address, so what was typed into one greets nobody.
"""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse

from accounts.models import Site, User
from comm100.core.tenancy import across_sites, working_for
from operators.models import Operator
from visitors.models import Contact, Identification, Kind, Visitor
from visitors.operations import agreed_to
from visitors.visits.choices import Choices, choices_of, signalled
from website.members import contact_of

PROVEN = (Identification.How.PROMOTION, Identification.How.ACCOUNT)


@dataclass(frozen=True)
class Greeting:
    """A first name, and the next thing that this person may want to do."""

    name: str
    text: str
    action: str
    url: str


def greeting_for(request: HttpRequest) -> Greeting | None:
    """None for everybody who is anonymous, did not choose it, or whose browser says no."""
    user, chosen = request.user, choices_of(request)
    if signalled(request.META) or not (user.is_authenticated or chosen.personalise):
        return None
    company = Site.objects.filter(is_company=True).first()
    if company is None:
        return None
    if user.is_authenticated:
        return _for_user(user, company)
    return _for_visitor(chosen, company)


def _for_user(user: User, company: Site) -> Greeting | None:
    with working_for(company.pk, kind="public"):
        contact = contact_of(user)
        if contact is None or not agreed_to(contact, Kind.PERSONALISE):
            return None
    with across_sites():  # a user's own places, by their own context
        places = Operator.objects.at_work().filter(user=user).select_related("site")
        newest = places.order_by("-created_at").first()
    name = user.get_short_name()
    if newest is None:
        text = "You do not work on a site at the moment."
        return Greeting(name, text, "Make a site", reverse("new_site"))
    site = newest.site
    return Greeting(name, f"Go on at {site.name}.", f"Open {site.name}", site.get_absolute_url())


def _for_visitor(chosen: Choices, company: Site) -> Greeting | None:
    with working_for(company.pk, kind="public"):
        rows = Visitor.objects.filter(key=chosen.key(company.pk), personalise=True)
        met = rows.filter(identified_by__how__in=PROVEN).select_related("contact").first()
        contact: Contact | None = met.known_contact if met else None
        if contact is None or not agreed_to(contact, Kind.PERSONALISE):
            return None
        name = contact.name.split(" ")[0]
    text = "You get our letters. With an account you can send your own."
    return Greeting(name, text, "Open an account", reverse("account_signup"))
