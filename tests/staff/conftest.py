"""Moderators who passed the second factor, and campaigns that wait for them."""

import os
import re
import time
from typing import Any

import psycopg2
import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from accounts.models import Site, User
from comm100.core.tenancy import working_for
from newsletter.models import Audience, Campaign, NewsletterList, Subscriber
from newsletter.operations.sending import submit_campaign
from tests.conftest import House, make_user
from visitors.models import Consent, Contact

BODY = (
    '<p>Dear {{ name | reader }},</p><p><a href="https://acme.example/work">Reserve a day</a></p>'
)


def with_second_factor(user: User) -> Client:
    """A client of somebody who signed in with password and code."""
    client = Client()
    client.force_login(user)
    Authenticator.objects.get_or_create(user=user, type=Authenticator.Type.TOTP, data={})
    session = client.session
    session["account_authentication_methods"] = [{"method": "mfa", "at": time.time()}]
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


@pytest.fixture
def moderator(staff: User) -> Client:
    return with_second_factor(staff)


@pytest.fixture
def second_moderator(company: Site) -> Client:
    return with_second_factor(
        make_user("mia@company.example", "Mia Second", is_staff=True, is_superuser=True)
    )


def waiting_campaign(house: House, subject: str = "Autumn service week", **facts: Any) -> Campaign:
    """Written by the editor, to one list with the customer on it, and submitted."""
    with working_for(house.site.pk):
        readers = _list_with(house)
        number = Campaign.objects.count() + 1
        campaign = Campaign.objects.create(
            site=house.site,
            number=number,
            subject=subject,
            sender_name=house.site.name,
            reply_to=house.owner.user.email,
            written_by=house.editor,
            **{"body": BODY} | facts,
        )
        Audience.objects.create(site=house.site, campaign=campaign, list=readers)
        return submit_campaign(campaign, by=house.editor)


def _list_with(house: House) -> NewsletterList:
    readers, _ = NewsletterList.objects.get_or_create(
        site=house.site, slug="news", defaults={"number": 1, "name": "News"}
    )
    Contact.objects.filter(pk=house.customer.pk).update(consent=Consent.CONFIRMED)
    Subscriber.objects.get_or_create(
        site=house.site,
        list=readers,
        contact=house.customer,
        defaults={"state": Subscriber.State.SUBSCRIBED},
    )
    return readers


def url_of(campaign: Campaign, rest: str = "") -> str:
    return f"/staff/moderation/{campaign.site.slug}/{campaign.number}/{rest}"


def look(client: Client, campaign: Campaign) -> str:
    """Open a campaign and read its page; answer the hash that the form carries."""
    client.post(url_of(campaign, "opening/"))
    page = client.get(url_of(campaign)).content.decode()
    found = re.search(r'name="content_hash" value="([0-9a-f]{64})"', page)
    assert found, page
    return found[1]


def decide(client: Client, campaign: Campaign, decision: str, content_hash: str, **more: Any):
    return client.post(
        url_of(campaign, "decision/"),
        {"decision": decision, "content_hash": content_hash, **more},
        follow=True,
    )


def fresh(campaign: Campaign) -> Campaign:
    with working_for(campaign.site_id):
        return Campaign.objects.select_related("mailing").get(pk=campaign.pk)


@pytest.fixture
def by_hand():
    """Run a statement as the database's administrator."""

    def run(statement):
        connection = psycopg2.connect(os.environ["DATABASE_URL"])
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
        connection.close()

    return run
