"""Mailings, ready to be sent."""

import smtplib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from comm100.core.models import take_numbers
from comm100.core.tenancy import working_for
from comm100.embedded.valkey import free_port
from mail import operations
from mail.content import MailingContent
from mail.inbound import listener
from mail.models import Mailing
from tests.conftest import House
from tests.name_server import dns_on_loopback, name_server  # noqa: F401  fixtures
from visitors.models import Contact, Source

HTML = """<!doctype html><html><body><h1>Hello {{ first_name | friend }}</h1>
<p>Löwe {{ city | your town }} costs 5 &gt; 4 = yes.</p>
<p><a href="{{ preferences_url }}">Choose</a></p></body></html>"""


def content(**changes: Any) -> MailingContent:
    facts: dict[str, Any] = {
        "subject": "News for {{ name | you }}",
        "sender_name": "Acme Café",
        "sender_email": "news@acme.example",
        "reply_to": "ann@acme.example",
        "list_name": "Acme news",
        "html": HTML,
        "text": "Hello {{ first_name | friend }},\n.dot and = and “quotes”\n",
    }
    return MailingContent(**(facts | changes))


def add_contacts(house: House, *people: str | tuple[str, str, dict[str, str]]) -> list[Contact]:
    """Contacts by address, or by address, name and custom fields."""
    contacts = []
    with working_for(house.site.pk):
        first = take_numbers("contact", len(people)) + 1  # the cast has one
        for number, person in enumerate(people, first):
            email, name, fields = person if isinstance(person, tuple) else (person, "", {})
            contact = Contact(
                site=house.site, number=number, name=name, fields=fields, source=Source.OPERATOR
            )
            contact.set_email(email)
            contacts.append(contact)
        return Contact.objects.bulk_create(contacts)


@pytest.fixture
def start() -> Callable[..., Mailing]:
    """Freeze, approve, start and fill a mailing to everybody the house knows."""

    def start(house: House, *, fill: bool = True, size: int = 20_000, **changes: Any) -> Mailing:
        with working_for(house.site.pk):
            mailing = operations.freeze(content(**changes))
            operations.approve_mailing(mailing, content_hash=mailing.content_hash, by="test:1")
            operations.start_mailing(mailing)
            while fill and not operations.fill_chunk(mailing, Contact.objects.all(), size):
                pass
        return mailing

    return start


def fresh(mailing: Mailing) -> Mailing:
    with working_for(mailing.site_id):
        return Mailing.objects.get(pk=mailing.pk)


@pytest.fixture(scope="session")
def open_door() -> Iterator[int]:
    """The port of the door, as `manage.py inbound` opens it."""
    port = free_port()
    controller: Any = Controller(None, hostname="127.0.0.1", port=port)
    controller.factory = lambda: listener()(loop=controller.loop)
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def comes_back(open_door: int) -> Callable[..., None]:
    """A mail server hands us a mail for one of our addresses."""

    def come_back(address: str, raw: bytes, sender: str = "") -> None:
        with smtplib.SMTP("127.0.0.1", open_door) as smtp:
            smtp.sendmail(sender, [address], raw)

    return come_back


@pytest.fixture
def letter(acme: House, post_office: Any, start: Callable[..., Mailing]) -> Any:
    """The copy of a campaign that Cat got; `.mailing` is what carried it."""
    mailing = start(acme)
    (letter,) = post_office.deliver()
    letter.mailing = mailing
    return letter
