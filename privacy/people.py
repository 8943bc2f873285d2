"""A person with an account as the register asks for them: at each of their sites, and with it.

Apps above add what else is theirs in a copy (`also_of_user`): the contact of the company's site.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Q

from accounts.models import Site, User
from comm100.core.addresses import normalise_email
from comm100.core.personal_data import Person
from comm100.core.tenancy import Context, across_sites, context, working_for
from operators.models import Operator
from privacy.copying import Part
from privacy.models import AccessGrant

ACCOUNT = "account"
also_of_user: list[Callable[[Person], list[Part]]] = []


def parts_of_user(user: User) -> list[Part]:
    """Each site where something of them may stand, then the account: the order of an erasure."""
    addresses = addresses_of(user)
    sites = Site.objects.filter(pk__in=_site_ids(user)).order_by("pk")
    found = [
        Part(
            site.slug,
            Person("user", user.pk, addresses, site.pk),
            partial(working_for, site.pk),
            title=f"At {site.name}",
        )
        for site in sites
    ]
    scope = partial(account_scope, user.pk)
    return [*found, Part(ACCOUNT, _at_account(user), scope, title="Your account")]


def parts_of_copy(user: User) -> list[Part]:
    """The account first, and what apps above know besides."""
    parts = parts_of_user(user)[::-1]
    return [*parts, *(part for more in also_of_user for part in more(parts[0].person))]


def addresses_of(user: User) -> tuple[str, ...]:
    """Those that are proven to be theirs."""
    rows = EmailAddress.objects.filter(user=user.pk, verified=True).order_by("pk")
    proven = rows.values_list("email", flat=True)
    return tuple(dict.fromkeys(normalise_email(email) for email in [user.email, *proven]))


@contextmanager
def account_scope(user_id: int) -> Iterator[None]:
    """What belongs to no site, and a person's own rows of all sites."""
    with context(Context(kind="user", user_id=user_id)), across_sites():
        yield


def _at_account(user: User) -> Person:
    return Person("user", user.pk, addresses_of(user))


def _site_ids(user: User) -> set[int]:
    with account_scope(user.pk):
        ids = set(Operator.objects.filter(user_id=user.pk).values_list("site_id", flat=True))
        with connection.cursor() as cursor:
            cursor.execute("SELECT site_id FROM app.sites_that_invited_user()")
            ids |= {site_id for (site_id,) in cursor.fetchall()}
    ids |= _sites_looked_at(user)
    return ids | {Site.objects.company().pk}  # letters about the account are the company's


def _sites_looked_at(user: User) -> set[int]:
    """Where grants of theirs stand, with what came of them, of who is or was staff."""
    mine = Q(staff=user.pk) | Q(second=user.pk)
    with across_sites():
        grants = AccessGrant.objects.using("staff").filter(mine).order_by()
        return set(grants.values_list("site_id", flat=True))
