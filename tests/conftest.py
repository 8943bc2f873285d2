"""The cast: an owner, an editor, a reader, a customer, another site, staff.

Every test commits for real, as the roles of production do; afterwards the rows are deleted.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg2
import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client, TransactionTestCase

from accounts.models import Site, User
from accounts.operations import found_site
from comm100.core.models import take_numbers
from comm100.core.prepare import prepare_database
from comm100.core.tenancy import working_for
from operators.models import Operator, Role
from operators.operations import add_operator
from privacy.documents import publish_files
from tests.post import mail_server, post_office  # noqa: F401  fixtures
from visitors.models import Contact, Source

PASSWORD = "correct horse battery"
KEPT = {
    "django_migrations",
    "django_content_type",
    "auth_permission",
    "privacy_publishedtext",
}


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """Make this process's database as `bin/serve` does: roles, migrations, the wall."""
    settings.EMAIL_BACKEND = "mail.backend.OutboxBackend"  # Django's test set-up swaps it
    settings.ALLOWED_HOSTS = ["*"]
    with django_db_blocker.unblock():
        prepare_database(os.environ["DATABASE_URL"])
        publish_files()
        yield
        for connection in connections.all():
            connection.close()


@pytest.fixture(autouse=True)
def _real_commits(db_on_disk: None) -> None:
    """Every test may use the database: house rule, there is no other kind."""


@pytest.fixture
def db_on_disk(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("no_db") is None:
        request.getfixturevalue("transactional_db")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        item.add_marker(pytest.mark.django_db(transaction=True, databases="__all__"))


def _delete_all_rows(case: Any) -> None:
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    tables = {m._meta.db_table for m in apps.get_models(include_auto_created=True)} - KEPT
    statements = ";".join(f"DELETE FROM {table}" for table in sorted(tables))
    while not _delete_rows_of(administrator, statements):
        pass  # a worker of the browser tests was in the midst of them
    administrator.close()
    cache.clear()


def _delete_rows_of(administrator: Any, statements: str) -> bool:
    try:
        with administrator, administrator.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # past append-only triggers
            cursor.execute(statements)
    except psycopg2.errors.DeadlockDetected:
        return False
    return True


TransactionTestCase._fixture_teardown = _delete_all_rows


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
