"""Lists with readers, and a site that may send without a moderator."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Site
from comm100.core.tenancy import working_for
from newsletter.models import Campaign, NewsletterList, Subscriber
from newsletter.operations.lists import make_list
from newsletter.operations.members import add_member
from tests.conftest import House
from tests.staff.conftest import moderator  # noqa: F401  a fixture
from tests.visitors.conftest import Importer, importer  # noqa: F401  a fixture
from visitors.models import Contact, Source
from visitors.operations import identify

MANY = 20  # one by one they take longer than the test


@pytest.fixture
def trusted(acme: House) -> House:
    Site.objects.filter(pk=acme.site.pk).update(standing=Site.Standing.TRUSTED)
    acme.site.refresh_from_db()
    return acme


@pytest.fixture
def nobody_delivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """No worker of the marketing lane is awake until the test calls `post_office.deliver()`."""
    monkeypatch.setattr("mail.tasks.deliver_marketing.delay", lambda: None)


def list_with(house: House, *addresses: str, name: str = "News", **facts: Any) -> NewsletterList:
    """A list of the house with these people on it, by declared consent; many are imported."""
    with working_for(house.site.pk):
        made = make_list(by=house.owner, name=name, **facts)
        for address in addresses if len(addresses) < MANY else ():
            contact = identify(email=address, source=Source.OPERATOR)
            add_member(made, contact, by=house.owner, origin="Signed up in the shop")
    if len(addresses) >= MANY:
        client = Client()
        client.force_login(house.editor.user)
        Importer(house, client).run("\n".join(["email", *addresses]), to_lists=[made.pk])
    with working_for(house.site.pk):
        return NewsletterList.objects.get(pk=made.pk)


def words(house: House, *lists: NewsletterList, **changes: Any) -> dict[str, Any]:
    """What a browser posts from the editor."""
    return {
        "subject": "Autumn service week",
        "preheader": "",
        "sender_name": "Acme",
        "reply_to": "ann@acme.example",
        "body": "<p>Dear {{ first_name | reader }}, come by.</p>",
        "text": "",
        "lists": [row.pk for row in lists],
        "revision": 0,
        "tab": "one",
    } | changes


def write(client: Client, house: House, *lists: NewsletterList, **changes: Any) -> int:
    """A new campaign through the pages; answers its number."""
    edit = client.post(house.url("newsletter/new/"))["Location"]
    answer = client.post(edit, words(house, *lists, **changes))
    assert answer.status_code == 302, answer.content.decode()
    return int(edit.rstrip("/").split("/")[-2])


def submit(client: Client, house: House, number: int, **facts: Any) -> Any:
    url = house.url(f"newsletter/{number}/submission/")
    return client.post(url, {"when": "now"} | facts)


def campaign(house: House, number: int) -> Campaign:
    with working_for(house.site.pk):
        return Campaign.objects.select_related("mailing").get(number=number)


def place(house: House, address: str, name: str = "News") -> Any:
    with working_for(house.site.pk):
        rows = Subscriber.objects.filter(contact__email=address, list__name=name)
        return rows.select_related("contact", "list").first()


def contact(house: House, address: str) -> Any:
    with working_for(house.site.pk):
        return Contact.objects.filter(email=address).first()
