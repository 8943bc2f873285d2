"""What staff see: account data; of user data nothing, whichever admin page they try (P9.2)."""

import re

import pytest
from django.contrib import admin

from accounts.models import Site, User
from comm100.core.fortify import data_class_of
from comm100.core.models import JournalEntry
from comm100.core.tenancy import across_sites, working_for
from mail.models import Outbox
from newsletter.models import Campaign, NewsletterList
from operators.models import Invitation, Operator
from privacy.granting import kinds
from tests.staff.conftest import waiting_campaign
from visitors.models import Contact, Source

CANARY = "zq-canary"


def seed_canaries(house):
    with working_for(house.site.pk):
        contact = Contact(site=house.site, number=99, name=f"{CANARY}-name", source=Source.OPERATOR)
        contact.set_email(f"{CANARY}@example.org")
        contact.save()
        NewsletterList.objects.create(
            site=house.site, number=99, name=f"{CANARY}-list", slug=f"{CANARY}-list"
        )
        Campaign.objects.create(
            site=house.site,
            number=99,
            subject=f"{CANARY}-draft",
            sender_name=f"{CANARY}-sender",
            reply_to=f"{CANARY}-reply@example.org",
            body=f"<p>{CANARY}-body</p>",
        )
        Outbox.objects.create(
            site=house.site, lane=1, address=f"{CANARY}-to@example.org", address_hash=b"1"
        )
    waiting_campaign(house, f"{CANARY}-waiting")


def links_on(page):
    return {
        link.partition("#")[0]
        for link in re.findall(r'(?:href|src|action)="(/staff/[^"]*)"', page)
        if "logout" not in link
    }


def crawl(client, start):
    """Every staff page that links lead to, by GET: address → body."""
    seen: dict[str, str] = {}
    todo = list(start)
    while todo:
        address = todo.pop()
        if address in seen or len(seen) > 400:
            continue
        answer = client.get(address.replace("&amp;", "&"))
        seen[address] = answer.content.decode(errors="replace")
        todo += links_on(seen[address]) - seen.keys()
    return seen


def test_only_account_data_and_the_staffs_own_is_registered():
    classes = {model._meta.label: data_class_of(model) for model in admin.site._registry}
    walled = {label for label, kind in classes.items() if kind == "user_data"}
    assert walled == {k.model._meta.label for k in kinds().values()}
    assert {"accounts.Site", "accounts.User", "operators.Operator"} <= classes.keys()


@pytest.mark.policy("P9.2", "P9.4")
def test_no_staff_page_shows_user_data_to_a_superuser(moderator, acme, rival):
    seed_canaries(acme)
    models = [f"/staff/{m._meta.app_label}/{m._meta.model_name}/" for m in admin.site._registry]
    part = CANARY[:-1]  # pages repeat what was searched for
    tries = [f"{page}?q={part}" for page in models]
    tries += [f"/staff/search/?s={part}&extended=1", "/staff/accounts/site/?name__contains=zq"]
    pages = crawl(moderator, ["/staff/", "/staff/moderation/", "/staff/health/", *models, *tries])
    assert len(pages) > 40
    assert [address for address, body in pages.items() if CANARY in body] == []


@pytest.mark.policy("P9.2")
def test_a_draft_is_no_row_for_staff(acme):
    seed_canaries(acme)
    with across_sites():
        rows = Campaign.objects.using("staff").values_list("number", "state")
        assert list(rows) == []  # the queue is a function of the database, without content


def test_operators_and_invitations_are_listed_but_not_changed(moderator, acme):
    page = moderator.get("/staff/operators/operator/").content.decode()
    assert acme.editor.user.email in page
    one = f"/staff/operators/operator/{acme.editor.pk}/change/"
    assert moderator.get(one).status_code == 200
    assert moderator.post(one, {"role": 1}).status_code == 403
    with across_sites():
        assert Operator.objects.using("staff").get(pk=acme.editor.pk).role == acme.editor.role
        assert not Invitation.objects.using("staff").exists()
    assert moderator.get("/staff/operators/invitation/add/").status_code == 403


def test_a_site_is_suspended_with_a_reason_and_its_owner_is_told(moderator, staff, acme):
    change = f"/staff/accounts/site/{acme.site.pk}/change/"
    silent = moderator.post(change, {"standing": Site.Standing.SUSPENDED, "reason": " "})
    assert "Say why" in silent.content.decode()

    moderator.post(change, {"standing": Site.Standing.SUSPENDED, "reason": "Spam reports"})
    acme.site.refresh_from_db()
    assert acme.site.standing == Site.Standing.SUSPENDED
    with working_for(acme.site.pk):
        entry = JournalEntry.objects.get(action="site.standing_changed")
        assert entry.actor == f"staff:{staff.pk}"
        assert entry.detail == {
            "before": "moderation_needed",
            "standing": "suspended",
            "reason": "Spam reports",
        }
        told = Outbox.objects.get(address=acme.owner.user.email)
        assert "Spam reports" in bytes(told.content or b"").decode()
    assert "Suspended" in moderator.get("/staff/accounts/site/?q=acme").content.decode()


def test_nothing_else_of_a_site_can_be_changed(moderator, acme):
    change = f"/staff/accounts/site/{acme.site.pk}/change/"
    moderator.post(change, {"standing": acme.site.standing, "reason": "", "name": "Other"})
    acme.site.refresh_from_db()
    assert acme.site.name == "Acme"
    assert moderator.get("/staff/accounts/site/add/").status_code == 403
    assert moderator.post(f"/staff/accounts/site/{acme.site.pk}/delete/").status_code == 403


def test_a_user_is_locked_out_at_once(moderator, acme, sign_in):
    theirs = sign_in(acme.reader)
    assert theirs.get(acme.url()).status_code == 200
    moderator.post(f"/staff/accounts/user/{acme.reader.user.pk}/change/", {"groups": []})
    assert User.objects.get(pk=acme.reader.user.pk).is_active is False
    assert theirs.get(acme.url()).status_code == 302


def test_nobody_promotes_oneself(moderator, staff):
    moderator.post(f"/staff/accounts/user/{staff.pk}/change/", {})
    staff.refresh_from_db()
    assert staff.is_active
    assert staff.is_superuser


def test_no_page_shows_a_password(moderator, acme):
    page = moderator.get(f"/staff/accounts/user/{acme.owner.user.pk}/change/").content.decode()
    assert acme.owner.user.email in page
    assert "argon2" not in page
