"""Replies, bounces, suppression, quarantine as operators see them."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comm100.core.journal import breaks
from comm100.core.models import JournalEntry, take_numbers
from comm100.core.tenancy import working_for
from mail import suppression_file
from mail.models import Bounce, InboundMail, MailDay, Outbox, Reply, Suppression
from mail.operations import suppress
from tests.mail.conftest import add_contacts
from tests.nights import one_night
from visitors.models import Contact

PAGES = ["replies", "bounces", "suppression", "quarantine"]
Reason = Suppression.Reason


@pytest.fixture
def busy(acme, post_office, start):
    """Sixty of everything."""
    add_contacts(acme, *(f"p{n}@example.net" for n in range(59)))
    mailing = start(acme)
    post_office.deliver()
    with working_for(acme.site.pk):
        for row in Outbox.objects.filter(mailing=mailing):
            facts = {"site": acme.site, "mailing": mailing, "contact_id": row.contact_id}
            Bounce.objects.create(row=row, kind=1, reason="user_unknown", words="550 no", **facts)
            Reply.objects.create(
                number=take_numbers("reply"), digest=b"%d" % row.pk, sender=row.address,
                new_text="Hello", **facts,
            )  # fmt: skip
            Suppression.objects.create(address_hash=row.address_hash, reason=2, **facts)
            InboundMail.objects.create(
                site=acme.site, about=row, kind=2, raw=b"x", state=2,
                number=take_numbers("inbound"), subject="Odd",
            )  # fmt: skip
        MailDay.objects.create(site=acme.site, day="2026-01-01", hard=60)
    return acme


@pytest.mark.parametrize("page", PAGES)
def test_a_full_page_asks_few_questions_and_leads_to_the_next(busy, sign_in, page):
    client = sign_in(busy.reader)
    client.get(busy.url(f"mail/{page}/"))
    with CaptureQueriesContext(connection) as asked:
        first = client.get(busy.url(f"mail/{page}/")).content.decode()
    assert len(asked) <= 12, [query["sql"][:100] for query in asked]
    assert first.count("<tr>") == 51
    assert "?before=" in first


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_page_says_what_will_stand_there(acme, sign_in, page):
    assert 'class="empty"' in sign_in(acme.reader).get(acme.url(f"mail/{page}/")).content.decode()


def test_addresses_are_added_by_hand_and_from_a_file(acme, sign_in):
    client, url = sign_in(acme.editor), acme.url("mail/suppression/new/")
    assert sign_in(acme.reader).get(url).status_code == 403
    bad = client.post(url, {"addresses": "cat@acme-customers.example\nno address"})
    assert (bad.status_code, "no address" in bad.content.decode()) == (422, True)
    file = SimpleUploadedFile("list.csv", b'Email;Name\n"eve@example.net";Eve\nbob@example.net\n')
    client.post(url, {"addresses": acme.customer.email, "file": file})
    with working_for(acme.site.pk):
        rows = {row.contact_id: row for row in Suppression.objects.all()}
        assert len(rows) == 2  # two of three are no contacts
        assert Suppression.objects.count() == 3
        assert rows[acme.customer.pk].by_id == acme.editor.pk
        assert JournalEntry.objects.filter(action="suppression.added").get().detail == {"count": 3}
        assert breaks() == []
    found = client.get(acme.url("mail/suppression/"), {"q": " EVE@example.net "}).content.decode()
    assert "eve@example.net" in found.lower()
    assert "Added by an operator" in found


def test_only_what_is_no_wish_of_the_contact_can_be_lifted(acme, sign_in):
    client, url = sign_in(acme.admin), acme.url("mail/suppression/removal/")
    hashed = bytes(acme.customer.email_hash)
    with working_for(acme.site.pk):
        Suppression.objects.create(
            site=acme.site, address_hash=hashed, contact=acme.customer, reason=Reason.UNSUBSCRIBED
        )
    key = f"?key={hashed.hex()}"
    client.post(url + key, {"why": "mistake"})
    with working_for(acme.site.pk):
        row = Suppression.objects.get()
        row.reason = Reason.HARD_BOUNCE
        row.save()
    assert client.post(url + key, {}).status_code == 422
    assert sign_in(acme.editor).post(url + key, {"why": "mistake"}).status_code == 403
    client.post(url + key, {"why": "works_again"})
    assert client.get(url + key).status_code == 404
    with working_for(acme.site.pk):
        assert not Suppression.objects.exists()
        entry = JournalEntry.objects.get(action="suppression.removed")
        assert entry.detail == {"reason": "hard_bounce", "why": "works_again"}


def test_a_part_of_an_address_is_not_called_free(acme, sign_in):
    with working_for(acme.site.pk):
        suppress(acme.customer, reason=Reason.UNSUBSCRIBED)
    reader = sign_in(acme.reader)
    part = acme.customer.email.partition("@")[0]
    page = reader.get(acme.url(f"mail/suppression/?q={part}")).text
    assert "Type the whole address" in page
    assert "newsletters may go there" not in page
    page = reader.get(acme.url("mail/suppression/?q=nobody@example.net")).text
    assert "newsletters may go there" in page


def test_a_wish_outweighs_what_an_operator_noted(acme):
    with working_for(acme.site.pk):
        for reason in (Reason.OPERATOR, Reason.UNSUBSCRIBED, Reason.SOFT_BOUNCE):
            suppress(Contact.objects.get(pk=acme.customer.pk), reason=reason)
        assert Suppression.objects.get().reason == Reason.UNSUBSCRIBED


def test_a_hostile_reply_shows_as_text(acme, busy, sign_in):
    with working_for(acme.site.pk):
        reply = Reply.objects.order_by("number").first()
        reply.new_text = reply.whole_text = "<script>alert(1)</script>"
        reply.sender_name = '"><img src=x onerror=alert(1)>'
        reply.save()
    for url in (acme.url(f"mail/replies/{reply.number}/"), acme.url("mail/replies/?after=0")):
        page = sign_in(acme.reader).get(url).content.decode()
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_after_ninety_days_it_is_gone(busy):
    with working_for(busy.site.pk):
        for rows in (Reply.objects, Bounce.objects, InboundMail.objects):
            first = rows.order_by("pk").first()
            rows.filter(pk=first.pk).update(at="2026-01-01T00:00:00Z")
    one_night()
    with working_for(busy.site.pk):
        assert (Reply.objects.count(), Bounce.objects.count()) == (59, 59)
        assert InboundMail.objects.count() == 59


def test_staff_see_numbers_of_what_came_back_and_no_mail(busy, staff, sign_in, client, settings):
    settings.DEMO = True
    page = sign_in(staff).get("/staff/health/").content.decode()
    assert "In quarantine at their sites" in page
    assert "Odd" not in page


def sheet_of(answer):
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("part", [7, 60, 2000])
def test_a_suppression_file_holds_every_row_once_and_the_journal_knows(
    busy, sign_in, monkeypatch, part
):
    monkeypatch.setattr(suppression_file, "PART", part)
    answer = sign_in(busy.reader).get(busy.url("mail/suppression/csv/"))
    assert "no-store" in answer["Cache-Control"]
    sheet = sheet_of(answer)
    with working_for(busy.site.pk):
        rows = Suppression.objects.for_list().order_by("-id")
        assert [row["Address"] for row in sheet] == [row.contact.email for row in rows]
        assert len(sheet) == 60
        entry = JournalEntry.objects.get(action="suppression.exported")
        assert entry.detail == {"count": 60}
        assert breaks() == []
    assert {row["Why"] for row in sheet} == {"Address does not exist"}


def test_a_suppression_file_says_what_is_known_and_no_address_that_is_not_meant(acme, sign_in):
    editor = sign_in(acme.editor)
    add_contacts(acme, "=cmd@example.net", "moved@example.net")
    names = "eve@example.net\n=cmd@example.net\nmoved@example.net"
    editor.post(acme.url("mail/suppression/new/"), {"addresses": names})
    with working_for(acme.site.pk):
        suppress(acme.customer, reason=Reason.COMPLAINT)
        moved = Contact.objects.get(email="moved@example.net")
        moved.set_email("new@example.net")
        moved.save()
    url = acme.url("mail/suppression/csv/")
    sheet = sheet_of(editor.get(url))
    assert sheet[0]["Address"] == acme.customer.email
    assert {row["Address"] for row in sheet[1:]} == {"'=cmd@example.net", ""}
    assert [r["Address"] for r in sheet if r["Contact"] == str(moved.number)] == [""]
    assert {row["Added by"] for row in sheet[1:]} == {acme.editor.user.name}

    told = sheet_of(editor.get(url, {"reason": "complaint"}))
    assert [row["Address"] for row in told] == [acme.customer.email]
    found = sheet_of(editor.get(url, {"q": "EVE@example.net"}))
    assert [row["Address"] for row in found] == ["EVE@example.net"]
    page = editor.get(acme.url("mail/suppression/"), {"reason": "complaint"}).text
    assert "mail/suppression/csv/?reason=complaint" in page
