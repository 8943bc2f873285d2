"""A person with an account: what is held of them everywhere, a copy of it, and that it goes."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts.erasing import NAMELESS
from accounts.models import User
from comm100.core.addresses import address_hash
from comm100.core.models import JournalEntry
from comm100.core.personal_data import every_holding
from comm100.core.tenancy import working_for
from mail.models import Bounce, InboundMail, Outbox, Reply, SoftBounces, Suppression
from operators.models import Invitation, Operator, Role
from operators.operations import add_operator, invite, transfer_ownership
from privacy import tasks
from privacy.models import AccountCopy, AccountErasure, PublishedText, Told
from privacy.operations import account, grant
from privacy.people import parts_of_user
from tests.conftest import PASSWORD, make_user
from tests.persons import (
    EMAIL,
    MADE_BY_USE,
    WORD,
    Archive,
    leaked_into,
    make_contact,
    missing_from,
)
from tests.sweep import places
from visitors.models import Contact
from website.models import Introduction

URL, CLOSING = "/account/data/", "/account/data/erasure/"
# what staff do, and what owners leave: tried in test_staff_erased.py, or made by use
OF_STAFF = {h.label for h in every_holding() if h.label.startswith(("privacy.A", "privacy.L"))}
OF_STAFF |= {"accounts.User_groups", "accounts.User_user_permissions", "admin.LogEntry"}
WITHOUT_CANARY = {*MADE_BY_USE, *OF_STAFF, "accounts.Site"}


def sign_in_by_form(user):
    client = Client(headers={"user-agent": f"{WORD} browser"})
    client.post("/account/login/", {"login": user.email, "password": PASSWORD})
    return client


def close(client):
    """Ask for it, and show once more who one is."""
    asked = client.post(CLOSING)
    return client.post(asked["Location"], {"password": PASSWORD})


@pytest.fixture
def person(acme):
    """An editor at Acme, who knows the product from the company's newsletter, too."""
    user = make_user(EMAIL, f"{WORD} name", known_browsers=[f"{WORD} known"])
    with working_for(acme.site.pk):
        add_operator(user, role=Role.EDITOR, by=acme.owner)
    return user


def planted(user, acme, rival, company):
    """Something of them in each table; answers label → row."""
    address = user.emailaddress_set.get()
    rows = {
        "accounts.User": user,
        "account.EmailAddress": address,
        "account.EmailConfirmation": EmailConfirmation.objects.create(
            email_address=address, key=f"{WORD}-key"
        ),
        "mfa.Authenticator": Authenticator.objects.create(
            user=user, type="totp", data={"secret": f"{WORD}-secret"}
        ),
        "privacy.Told": Told.objects.create(user=user, text=PublishedText.objects.first()),
        "website.Introduction": Introduction.objects.create(user=user),
        "usersessions.UserSession": UserSession.objects.get(user=user),
        "sessions.Session": Session.objects.get(
            session_key=UserSession.objects.get(user=user).session_key
        ),
    }
    with working_for(acme.site.pk):
        rows["operators.Operator"] = Operator.objects.get(user=user)
    with working_for(rival.site.pk):
        invite(by=rival.owner, name=f"{WORD} asked", email=EMAIL, role=Role.READER)
        rows["operators.Invitation"] = Invitation.objects.get()
    with working_for(company.pk):
        rows |= planted_mail(company)
    return rows


def planted_mail(company):
    hashed = address_hash(EMAIL)
    letter = Outbox.objects.create(
        site=company, lane=1, state=Outbox.State.SENT, address=EMAIL, address_hash=hashed,
        content=f"To: {EMAIL}\r\n\r\n{WORD} letter".encode(), smtp_reply=f"550 {WORD}",
    )  # fmt: skip
    return {
        "mail.Outbox": letter,
        "mail.Bounce": Bounce.objects.create(
            site=company, row=letter, kind=1, reason="x", words=f"no {WORD}"
        ),
        "mail.SoftBounces": SoftBounces.objects.create(
            site=company, address_hash=hashed, points=1, last_on=timezone.now().date()
        ),
        "mail.Suppression": Suppression.objects.create(site=company, address_hash=hashed, reason=1),
        "mail.InboundMail": InboundMail.objects.create(
            site=company, kind=2, about=letter, raw=f"From: {WORD}".encode(), subject=WORD, state=2
        ),
        "mail.Reply": Reply.objects.create(
            site=company, number=1, digest=b"1", sender=EMAIL, new_text=f"{WORD} said"
        ),
    }


@pytest.mark.policy("P1.2", "P9.5")
def test_all_that_is_held_of_a_person_is_in_the_copy_and_goes_from_every_store(
    person, acme, rival, company, post_office
):
    make_contact(company)
    client = sign_in_by_form(person)
    rows = planted(person, acme, rival, company)
    held = {h.label for h in every_holding() if h.of_user}
    assert held - set(rows) <= WITHOUT_CANARY, "a table without a canary"
    archive = copied(client)
    assert missing_from(archive, rows) == []
    assert leaked_into(archive, rows) == []
    assert archive.tables["visitors.Contact"][0]["name"] == f"{WORD} name"

    post_office.deliver()
    assert close(client)["Location"] == f"{URL}closed/"
    assert client.get(URL).status_code == 302
    for task in (tasks.wake_account_wishes, post_office.deliver):
        task()
    assert places(WORD) == []
    assert post_office.to(EMAIL)[-1].subject == "Your account at Comm100 is deleted"
    tables = {f"table {h.model._meta.db_table}" for h in every_holding() if h.stays}
    assert set(places(address_hash(EMAIL).hex())) <= tables
    assert not User.objects.filter(pk=person.pk).exists()
    with working_for(acme.site.pk):
        told = list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))
    assert told[-1] == "operator.left"
    assert list(Path(settings.MEDIA_ROOT).glob(f"accounts/{person.pk}/copies/*")) == []


def copied(client):
    client.post(URL)
    client.post(URL)  # a second wish within minutes is the same
    (link,) = re.findall(rf'href="({URL}\d+/)"', client.get(URL).content.decode())
    answer = client.get(link)
    assert "no-store" in answer["Cache-Control"]
    return Archive(b"".join(answer.streaming_content))


def test_a_copy_is_nobody_elses(person, acme, sign_in):
    client = sign_in(person)
    client.post(URL)
    copy = AccountCopy.objects.get()
    assert sign_in(acme.owner).get(f"{URL}{copy.pk}/").status_code == 404
    assert client.get(f"{URL}{copy.pk}/").status_code == 200


@pytest.mark.policy("P9.5")
def test_who_has_only_the_session_does_not_close_the_account(person, acme):
    client = sign_in_by_form(person)
    asked = client.post(CLOSING)
    assert asked["Location"].startswith("/account/reauthenticate/")
    assert User.objects.get(pk=person.pk).is_active
    done = client.post(asked["Location"], {"password": PASSWORD})
    assert done.status_code == 302
    assert not User.objects.filter(pk=person.pk, is_active=True).exists()


def test_the_only_owner_hands_over_or_deletes_the_site_first(acme, sign_in):
    owner = acme.owner.user
    client = sign_in_by_form(owner)
    page = client.get(CLOSING).content.decode()
    assert "Acme needs an owner" in page
    assert acme.url("operators/handover/") in page
    assert acme.url("settings/deletion/") in page
    refused = close(client)
    assert refused.status_code == 422
    assert "Acme needs an owner" in refused.content.decode()
    with working_for(acme.site.pk):
        assert Operator.objects.get(user=owner).left_at is None
        transfer_ownership(to=acme.admin, by=acme.owner)
    assert User.objects.get(pk=owner.pk).is_active
    assert client.post(CLOSING).status_code == 302  # shown a moment ago


def test_staff_are_refused_and_who_was_staff_stays_nameless(acme, staff, sign_in, post_office):
    opened = grant.open_grant(
        acme.site, purpose="support_issue", reason="They asked for help with it", reference="T-1",
        minutes=5, by=staff,
    )  # fmt: skip
    client = sign_in_by_form(staff)
    assert "You work for the company" in client.get(CLOSING).content.decode()
    assert close(client).status_code == 422
    grant.close_grant(opened, by=staff)
    User.objects.filter(pk=staff.pk).update(is_staff=False, is_superuser=False)
    assert close(sign_in_by_form(staff)).status_code == 302
    staff.refresh_from_db()
    assert (staff.name, staff.is_active) == (NAMELESS, False)
    assert not staff.has_usable_password()
    assert places("mo@company.example") == []
    assert not AccountErasure.objects.exists()


def test_what_staff_decided_stays_when_they_leave(company, staff, post_office):
    LogEntry.objects.create(user=staff, object_repr="Acme", action_flag=2)
    User.objects.filter(pk=staff.pk).update(is_staff=False, is_superuser=False)
    assert close(sign_in_by_form(staff)).status_code == 302
    assert LogEntry.objects.get().user.name == NAMELESS


def test_a_crash_in_between_loses_nothing_and_nobody_signs_in_meanwhile(
    person, acme, company, monkeypatch, post_office
):
    contact = make_contact(company)
    with working_for(company.pk):
        EmailMessage("Hello", WORD, to=[EMAIL]).send()
    post_office.deliver()
    client = sign_in_by_form(person)
    monkeypatch.setattr(tasks.erase_account, "delay", lambda _: None)
    monkeypatch.setattr("privacy.reactions.erase_account.delay", lambda _: None)
    assert close(client).status_code == 302
    erasure = AccountErasure.objects.get()
    assert not Session.objects.exists()
    assert "login" in sign_in_by_form(person).get(URL)["Location"]
    monkeypatch.setattr("accounts.personal_data.UserSession.objects", None)
    with pytest.raises(AttributeError):
        account.erase_account(erasure.pk)
    monkeypatch.undo()
    assert not account.erase_account(erasure.pk)  # the lease of the dead one
    AccountErasure.objects.update(lease_until=None, asked_at=timezone.now() - timedelta(hours=1))
    tasks.wake_account_wishes()
    tasks.wake_account_wishes()
    assert places(WORD) == []
    assert not AccountErasure.objects.exists()
    with working_for(company.pk):
        assert not Contact.objects.filter(pk=contact.pk).exists()


def test_others_with_a_like_address_and_their_sites_are_untouched(person, acme, rival, post_office):
    before = {part.where for part in parts_of_user(rival.owner.user)}
    assert close(sign_in_by_form(person)).status_code == 302
    assert {part.where for part in parts_of_user(rival.owner.user)} == before
    with working_for(acme.site.pk):
        assert Operator.objects.at_work().count() == 4
