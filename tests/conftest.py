"""The cast: an owner, an editor, a reader, a customer, another site, staff.

Every test commits for real, as the roles of production do; afterwards the rows are deleted.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connections
from django.test import Client, TransactionTestCase
from xdist.scheduler import LoadScopeScheduling

from accounts.models import Site, User
from accounts.operations import found_site
from comm100.core.models import take_numbers
from comm100.core.tenancy import working_for
from operators.models import Operator, Role
from operators.operations import add_operator
from tests.database import delete_all_rows, make_database
from tests.post import mail_server, post_office  # noqa: F401  fixtures
from visitors.models import Contact, Source

PASSWORD = "correct horse battery"
TOGETHER = ("tests/browser/", "tests/running/test_serving.py")  # each has one product running


@pytest.fixture(scope="session", autouse=True)
def _settings_of_tests(django_test_environment: None) -> None:
    settings.EMAIL_BACKEND = "mail.backend.OutboxBackend"  # Django's test set-up swaps it
    settings.ALLOWED_HOSTS = ["*"]
    hasher = Argon2PasswordHasher  # the same function, not as slow as it must be in earnest
    hasher.time_cost, hasher.memory_cost, hasher.parallelism = 1, 64, 1


@pytest.fixture(scope="session")
def django_db_setup(_settings_of_tests: None, django_db_blocker: Any) -> Iterator[None]:
    """Make this process's database as `bin/serve` does: roles, migrations, the wall."""
    with django_db_blocker.unblock():
        make_database()
        yield
        for connection in connections.all():
            connection.close()


@pytest.fixture(autouse=True)
def _real_commits(request: pytest.FixtureRequest) -> None:
    """Every test may use the database for real, unless it says that it needs none."""
    if needs_database(request.node):
        request.getfixturevalue("transactional_db")


def needs_database(item: Any) -> bool:
    return item.get_closest_marker("no_db") is None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in filter(needs_database, items):
        item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))
    items.sort(key=needs_database)  # while one process makes it, others do what needs none


class Together(LoadScopeScheduling):
    """To one process goes one test, or what belongs together; the largest first."""

    def _split_scope(self, nodeid: str) -> str:
        return next((whole for whole in TOGETHER if nodeid.startswith(whole)), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """xdist's own groups are lost on the way: it renames tests in a way that pytest 9.2 ignores."""
    return Together(config, log)


def _delete_all_rows(case: Any) -> None:
    delete_all_rows()
    cache.clear()


TransactionTestCase._fixture_teardown = _delete_all_rows
# A new connection would know no table yet, and a test sets nothing but for a transaction.
TransactionTestCase._should_reload_connections = lambda case: False


def _set_secret_cookie(client: Any, request: Any) -> None:
    """As accounts/sessions.py does: the cookie holds the secret, not the key of the table."""
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.secret


Client._set_login_cookies = _set_secret_cookie


@dataclass
class House:
    """A site with people: Ann owns it, Ed writes, Rita reads, Cat is its customer."""

    site: Site
    owner: Operator
    admin: Operator
    editor: Operator
    reader: Operator
    customer: Contact

    def url(self, rest: str = "") -> str:
        return f"/s/{self.site.slug}/{rest}"

    def public_url(self, rest: str = "") -> str:
        return f"/p/{self.site.slug}/{rest}"


def make_user(email: str, name: str, **facts: Any) -> User:
    """A verified user; the password is PASSWORD."""
    user = User(email=email, name=name, **facts)
    user.password = _hashed()
    user.save()
    user.emailaddress_set.create(email=email, verified=True, primary=True)
    return user


def _hashed(known: list[str] = []) -> str:  # noqa: B006  hashed once a process, Argon2 is slow
    if not known:
        user = User()
        user.set_password(PASSWORD)
        known.append(user.password)
    return known[0]


def found_house(name: str) -> House:
    ann = make_user(f"ann@{name}.example", "Ann Owner")
    site = found_site(by=ann, web_url=f"https://{name}.example", name=name.capitalize())
    with working_for(site.pk):
        owner = Operator.objects.get(user=ann)
        admin, editor, reader = (
            add_operator(
                make_user(f"{who}@{name}.example", f"{who.capitalize()} {name}"), role=role
            )
            for who, role in [("ada", Role.ADMIN), ("ed", Role.EDITOR), ("rita", Role.READER)]
        )
        customer = Contact(
            site=site,
            number=take_numbers("contact"),
            name="Cat Customer",
            source=Source.OPERATOR,
        )
        customer.set_email(f"cat@{name}-customers.example")
        customer.save()
    return House(site, owner, admin, editor, reader, customer)


@pytest.fixture
def company() -> Site:
    return Site.objects.create(
        slug=settings.COMPANY_SLUG,
        name=settings.COMPANY_NAME,
        web_url=settings.PUBLIC_URL,
        is_company=True,
        standing=Site.Standing.TRUSTED,
    )


@pytest.fixture
def acme(company: Site) -> House:
    return found_house("acme")


@pytest.fixture
def rival(company: Site) -> House:
    return found_house("rival")


@pytest.fixture
def staff(company: Site) -> User:
    return make_user("mo@company.example", "Mo Moderator", is_staff=True, is_superuser=True)


@pytest.fixture
def sign_in() -> Callable[[Operator | User], Client]:
    def sign_in(who: Operator | User) -> Client:
        client = Client()
        client.force_login(who.user if isinstance(who, Operator) else who)
        return client

    return sign_in
