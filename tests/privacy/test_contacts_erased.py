"""A contact of a site: what is held of them, a copy of it, and that it goes from every store."""

import os
import re
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.utils import timezone

from comm100.core.addresses import address_hash
from comm100.core.models import JournalEntry
from comm100.core.personal_data import every_holding
from comm100.core.storage import kept_file
from comm100.core.tenancy import chosen_site, working_for
from mail.models import InboundMail, Suppression
from tests.conftest import PASSWORD
from tests.persons import (
    EMAIL,
    MADE_BY_USE,
    WORD,
    Archive,
    leaked_into,
    make_contact,
    missing_from,
    plant_contact,
    plant_event,
    plant_upload,
)
from tests.sweep import places
from visitors import tasks
from visitors.models import Contact, ContactCopy, ContactErasure, Import, RefusedRow
from visitors.operations import erasing, note_event
from visitors.persons import person_of
from visitors.visits import buffer
from visitors.visits.moving import move

CSV = f'email,name\nann@x.example,Ann\n{EMAIL.upper()},"{WORD}\nof Acme"\nbob@x.example,Bob\n'


@pytest.fixture(autouse=True)
def _empty_buffer():
    buffer.server().delete(buffer.stream())


@pytest.fixture
def canary(company, staff):
    """A contact of the company's own site, where every store can tell of a contact."""
    return make_contact(company)


def asked(client, site, email=EMAIL):
    return client.post(f"/p/{site.slug}/your-data/", {"email": email})


def link_in(post_office, to=EMAIL):
    """The path of the last letter's link."""
    post_office.deliver()
    (link,) = post_office.to(to)[-1].links
    return link.removeprefix(settings.PUBLIC_URL)


def actions(site):
    with working_for(site.pk):
        return list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))


@pytest.mark.policy("P1.2", "P7.1")
def test_all_that_is_held_of_a_contact_is_in_the_copy_and_goes_from_every_store(
    canary, company, staff, rival, post_office, client
):
    rows = plant_contact(canary, staff)
    held = {h.label for h in every_holding() if h.of_contact}
    assert held - set(rows) <= MADE_BY_USE, "a table without a canary: extend tests/persons.py"
    upload = plant_upload(company, CSV)
    namesake = make_contact(rival.site, word="namesake")

    asked(client, company)
    page = link_in(post_office)
    assert "What people wrote back" in client.get(page).content.decode()
    client.post(f"{page}copy/")
    download = link_in(post_office)
    archive = fetched(client, download)
    assert missing_from(archive, rows) == []
    assert leaked_into(archive, rows) == []
    assert archive.tables["visitors.Import"] == [
        {"import": upload.number, "line": 3, "cells": [EMAIL.upper(), f"{WORD}\nof Acme"]}
    ]

    plant_event(company)
    assert f"broker {buffer.stream()}" in places(WORD)
    assert client.post(f"{page}erasure/")["Location"] == page
    move()
    assert client.get(page).status_code == 410
    assert client.get(download).status_code == 404
    assert post_office.to(EMAIL)[-1].subject == f"{company.name} erased what it held of you"
    assert actions(company)[-1] == "contact.erased"
    with working_for(rival.site.pk):
        namesake.refresh_from_db()
        assert (namesake.email, namesake.name) == (EMAIL, "namesake name")
        Contact.objects.all().delete()
    nothing_stays_but_what_the_register_says(canary)


def fetched(client, path):
    answer = client.get(path)
    assert "no-store" in answer["Cache-Control"]
    return Archive(b"".join(answer.streaming_content))


def nothing_stays_but_what_the_register_says(contact):
    """The database, the broker and its files, media and logs: neither words nor address; rows and
    the code of the address in tables that say why."""
    assert places(WORD) == []
    staying = [h for h in every_holding() if h.stays]
    with working_for(contact.site_id):
        held = [h for h in every_holding() if h.rows_of(person_of(contact)) is not None]
        left = {h.label for h in held if h.rows_of(person_of(contact)).exists()}
    assert left <= {h.label for h in staying}
    tables = {f"table {h.model._meta.db_table}" for h in staying if h.model}
    assert set(places(address_hash(EMAIL).hex())) <= tables


@pytest.mark.policy("P7.1")
def test_who_had_themselves_erased_is_not_written_to_by_a_later_import(acme, post_office, client):
    asked(client, acme.site, acme.customer.email)
    client.post(f"{link_in(post_office, acme.customer.email)}erasure/")
    with working_for(acme.site.pk):
        again = Contact(site=acme.site, number=99, source=1)
        again.set_email(acme.customer.email)
        again.save()
        assert Suppression.objects.filter(address_hash=again.email_hash).exists()


def test_the_answer_is_the_same_whether_the_site_knows_the_address(acme, client, post_office):
    known, unknown = (
        asked(client, acme.site, email) for email in (acme.customer.email, "no@x.example")
    )
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert client.get(known["Location"]).status_code == 200
    post_office.deliver()
    assert [letter.envelope_to for letter in post_office.letters] == [acme.customer.email]
    for _ in range(5):
        asked(client, acme.site, acme.customer.email)
    post_office.deliver()
    assert len(post_office.letters) == 3  # three an hour to one address
    for n in range(15):
        last = asked(client, acme.site, f"x{n}@x.example")
    assert last.status_code == 429
    assert asked(client, acme.site, "no address").status_code == 422


@pytest.mark.policy("P7.1")
def test_looking_changes_nothing_and_a_link_is_good_for_its_own_site_alone(
    acme, rival, client, post_office
):
    asked(client, acme.site, acme.customer.email)
    page = link_in(post_office, acme.customer.email)
    before = actions(acme.site)
    for path in (page, f"{page}erasure/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "no-store" in answer["Cache-Control"]
    assert client.get(f"{page}copy/").status_code == 405
    assert actions(acme.site) == before
    with working_for(acme.site.pk):
        assert not ContactCopy.objects.exists()
        assert not ContactErasure.objects.exists()
    foreign = page.replace("/p/acme/", "/p/rival/")
    for path in (foreign, f"{foreign}erasure/", page.replace("data/", "data/x")):
        assert client.get(path).status_code == 404
    assert client.post(f"{foreign}erasure/").status_code == 404


def test_the_page_of_choices_sends_the_link_to_the_mailbox_not_to_who_has_the_page(
    acme, client, post_office
):
    """A newsletter is passed on, and its links with it."""
    from mail.links import preferences_url

    url = preferences_url(acme.site.slug, acme.site.pk, acme.customer.pk)
    page = client.get(url.removeprefix(settings.PUBLIC_URL)).content.decode()
    (form,) = re.findall(r'<form[^>]*action="(/p/acme/your-data/)"', page)
    (email,) = re.findall(r'name="email" value="([^"]+)"', page)
    assert client.post(form, {"email": email}).status_code == 302
    assert "/your-data/" in link_in(post_office, acme.customer.email)


@pytest.mark.policy("P1.2")
def test_an_operator_makes_a_copy_and_erases_and_the_journal_says_so(acme, sign_in):
    admin, number = sign_in(acme.admin), acme.customer.number
    page = acme.url(f"contacts/{number}/data/")
    assert "Copy of all data" in admin.get(acme.url(f"contacts/{number}/")).content.decode()
    admin.post(page)
    admin.post(page)  # a second wish within minutes is the same
    shown = admin.get(page).content.decode()
    (link,) = re.findall(rf'href="({page}\d+/)"', shown)
    answer = admin.get(link)
    archive = Archive(b"".join(answer.streaming_content))
    assert archive.tables["visitors.Contact"][0]["email"] == acme.customer.email
    assert archive.tables["visitors.Contact"][0]["source"] == "Added by an operator"
    assert "no-store" in answer["Cache-Control"]

    assert "cannot be undone" in admin.get(acme.url(f"contacts/{number}/erasure/")).content.decode()
    admin.post(acme.url(f"contacts/{number}/erasure/"))
    assert admin.get(acme.url(f"contacts/{number}/")).status_code == 404
    assert admin.get(link).status_code == 404
    assert not list(Path(settings.MEDIA_ROOT).glob(f"sites/{acme.site.pk}/copies/*"))
    wanted = ["contact.copy_asked", "contact.copy_fetched", "contact.erasure_asked"]
    assert actions(acme.site)[-4:] == [*wanted, "contact.erased"]
    journal = sign_in(acme.owner).get(acme.url("journal/")).content.decode()
    assert "erased contact 1" in journal


def test_editors_neither_copy_nor_erase_a_contact(acme, sign_in):
    editor, number = sign_in(acme.editor), acme.customer.number
    for rest in ("data/", "erasure/"):
        assert editor.post(acme.url(f"contacts/{number}/{rest}")).status_code == 403
    shown = editor.get(acme.url(f"contacts/{number}/")).content.decode()
    assert "Copy of all data" not in shown
    assert "Erase" not in shown


def test_a_copy_that_the_person_asked_for_is_not_an_operators_to_fetch(
    acme, sign_in, client, post_office
):
    asked(client, acme.site, acme.customer.email)
    client.post(f"{link_in(post_office, acme.customer.email)}copy/")
    with working_for(acme.site.pk):
        copy = ContactCopy.objects.get()
    page = acme.url(f"contacts/{acme.customer.number}/data/{copy.number}/")
    assert sign_in(acme.owner).get(page).status_code == 302


def resting(house):
    """As a dead worker leaves it an hour ago."""
    with working_for(house.site.pk):
        ContactErasure.objects.update(
            lease_until=None, asked_at=timezone.now() - timedelta(hours=1)
        )


@pytest.mark.policy("P1.2")
def test_a_crash_in_between_loses_nothing_and_erasing_twice_is_safe(acme, sign_in, monkeypatch):
    with working_for(acme.site.pk):
        note_event(acme.customer, kind="test", text="told")
        Suppression.objects.create(
            site=acme.site, contact=acme.customer, address_hash=b"1", reason=1
        )
    admin, url = sign_in(acme.admin), acme.url(f"contacts/{acme.customer.number}/erasure/")
    monkeypatch.setattr(tasks.erase_contact, "delay", lambda _: None)
    admin.post(url)
    admin.post(url)
    monkeypatch.undo()
    with working_for(acme.site.pk):
        erasure = ContactErasure.objects.get()
    monkeypatch.setattr("visitors.personal_data.Visitor.objects", None)
    with chosen_site(acme.site.pk), pytest.raises(AttributeError):
        erasing.erase_contact(erasure.pk)  # killed in its midst
    monkeypatch.undo()
    assert "Being erased" in admin.get(acme.url("contacts/1/")).content.decode()
    with chosen_site(acme.site.pk):
        assert not erasing.erase_contact(erasure.pk)  # the lease of the dead one
    resting(acme)
    tasks.wake_wishes()
    tasks.wake_wishes()
    with working_for(acme.site.pk):
        assert not Contact.objects.filter(pk=acme.customer.pk).exists()
        assert not ContactErasure.objects.exists()
    assert actions(acme.site).count("contact.erased") == 1
    assert actions(acme.site).count("contact.erasure_asked") == 1


def test_an_erasure_of_many_rows_goes_in_steps_and_lets_others_have_the_worker(acme):
    with working_for(acme.site.pk):
        for n in range(3):
            note_event(acme.customer, kind="test", text=f"told {n}")
    with working_for(acme.site.pk):
        erasure = ContactErasure.objects.create(
            site=acme.site, contact_id=acme.customer.pk, asked_by="operator:1", tell=False
        )
    runs = 1
    with chosen_site(acme.site.pk):
        while erasing.erase_contact(erasure.pk, seconds=0):
            runs += 1
    assert runs > 1
    with working_for(acme.site.pk):
        (entry,) = JournalEntry.objects.filter(action="contact.erased")
    assert entry.detail == {"number": acme.customer.number, "rows": 3}


def test_while_no_mail_server_takes_the_last_letter_the_contact_waits_for_a_day(
    acme, client, post_office, settings, monkeypatch
):
    asked(client, acme.site, acme.customer.email)
    page = link_in(post_office, acme.customer.email)
    settings.SMTP_URL = "smtp://127.0.0.1:9"
    client.post(f"{page}erasure/")
    assert "being erased" in client.get(page).content.decode()
    resting(acme)
    tasks.wake_wishes()
    assert client.get(page).status_code == 200
    resting(acme)
    monkeypatch.setattr("privacy.models.wish.LETTER_WAITS", timedelta(minutes=30))
    tasks.wake_wishes()
    assert client.get(page).status_code == 410


@pytest.mark.policy("P10.4")
def test_who_has_the_address_within_theirs_is_somebody_else(acme, sign_in):
    """`cat@…` stands in `tomcat@…`: neither in the copy of the one nor erased with them."""
    cat, other = acme.customer.email, f"tom{acme.customer.email}"
    upload = plant_upload(acme.site, f"email,name\n{other},Tom\n{cat}.au,Al\n<{cat}>,Cat\n")
    with working_for(acme.site.pk):
        run = Import.objects.get()
        Import.objects.update(state=Import.State.RUNNING, lease_token=uuid4())
        for row in ([other, "Tom"], [f"Tom\n{cat}", "Cat"], [f"{cat}.au", "Al"]):
            RefusedRow.objects.create(site=acme.site, run=run, line=2, row=row, reason="No.")
        for sender in (other, cat):
            raw = f"From: Somebody <{sender}>\r\n\r\nHello".encode()
            InboundMail.objects.create(site=acme.site, kind=3, raw=raw, state=2, sender=sender)
    admin = sign_in(acme.admin)
    admin.post(acme.url("contacts/1/data/"))
    (link,) = re.findall(
        rf'href="({acme.url("contacts/1/data/")}\d+/)"',
        admin.get(acme.url("contacts/1/data/")).content.decode(),
    )
    archive = fetched(admin, link)
    assert other not in archive.text
    assert f"{cat}.au" not in archive.text
    assert len(archive.tables["visitors.RefusedRow"]) == 1
    admin.post(acme.url("contacts/1/erasure/"))
    with working_for(acme.site.pk):
        assert RefusedRow.objects.count() == 2
        assert [mail.sender for mail in InboundMail.objects.all()] == [other]
        assert Import.objects.get().lease_token is None  # what a slice had read is read once more
    left = kept_file(upload.stored_as).read_text()
    assert (other in left, f"{cat}.au" in left, f"<{cat}>" in left) == (True, True, False)


def test_files_and_rows_of_copies_go_when_their_week_is_over(acme, sign_in):
    from django.utils import timezone

    from comm100.core import nightly

    admin, page = sign_in(acme.admin), acme.url(f"contacts/{acme.customer.number}/data/")
    admin.post(page)
    with working_for(acme.site.pk):
        copy = ContactCopy.objects.get()
        path = kept_file(copy.stored_as)
        assert path.exists()
        now = timezone.now()
        ContactCopy.objects.update(expires_at=now, asked_at=now - timedelta(days=7))
    assert admin.get(f"{page}{copy.number}/")["Location"] == page
    nightly.enforce_retention()
    assert not path.exists()
    with working_for(acme.site.pk):
        assert not ContactCopy.objects.exists()
    lost = path.with_name("0" * 32 + ".zip")
    lost.write_bytes(b"lost")
    os.utime(lost, (0, 0))
    tasks.sweep_lost_copies()
    assert not lost.exists()


def test_the_caches_hold_no_address(acme, client):
    asked(client, acme.site, acme.customer.email)
    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    assert not [key for key in server.scan_iter() if acme.customer.email.encode() in key]


def test_a_stranger_without_a_cookie_can_do_all_of_it_also_while_the_site_closes(
    acme, post_office, sign_in
):
    sign_in(acme.owner).post(acme.url("settings/deletion/"), {"name": "Acme", "password": PASSWORD})
    form = Client().get(acme.public_url("newsletter/news/"))
    assert form.status_code == 410
    client = Client(enforce_csrf_checks=True)
    assert asked(client, acme.site, acme.customer.email).status_code == 302
    page = link_in(post_office, acme.customer.email)
    assert client.post(f"{page}copy/").status_code == 302
    assert client.post(f"{page}erasure/").status_code == 302
