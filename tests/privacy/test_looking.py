"""The site's side: who looked at our data, live; mails, objections, the seal every day (P9.3)."""

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import psycopg2
import pytest
from django.utils import timezone

from accounts.models import Site
from comm100.core.journal import record
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from newsletter.models import Departure
from privacy import tasks
from privacy.models import AccessGrant, MailedHead, Purpose
from privacy.operations import grant as grants
from privacy.operations.disclosure import ask_disclosure
from privacy.operations.grant import GrantRefused
from tests.conftest import make_user
from tests.operators.test_verifying import head_of, verify
from tests.staff.conftest import waiting_campaign
from visitors.models import Contact, CustomField, Kind, Receipt, Wording

URL = "access/"
pytestmark = pytest.mark.policy("P9.3")


@pytest.fixture
def ask(staff, acme) -> Callable[..., AccessGrant]:
    """A staff member asks for a grant at acme."""

    def ask(**but: Any) -> AccessGrant:
        given = {
            "purpose": Purpose.SUPPORT,
            "reason": "The customer reports a broken campaign",
            "reference": "ticket T-123",
            "minutes": 30,
            "by": staff,
        }
        return grants.open_grant(but.pop("site", acme.site), **given | but)

    return ask


def by_hand(*statements: str) -> None:
    """As the database's administrator."""
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    with administrator, administrator.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    administrator.close()


def look_at(contact: Contact, grant: AccessGrant, *, by: Any) -> None:
    grants.view_record(grant, Contact, contact.pk, fields=["email", "name"], by=by)


def write_receipt(house: Any) -> Receipt:
    """That the customer said yes to the newsletter."""
    facts = {"kind": Kind.MARKETING, "before": Receipt.State.UNSAID, "after": Receipt.State.YES}
    return Receipt.objects.create(
        site=house.site,
        contact_id=house.customer.pk,
        by=house.owner.actor_name,
        where=Receipt.Where.OPERATOR,
        policy_version="1",
        **facts,
    )


def page(client: Any, house: Any, query: str = "", **headers: str) -> str:
    return client.get(house.url(URL + query), headers=headers).content.decode()


def test_the_site_reads_who_looked_at_which_record_and_why(acme, staff, ask, sign_in):
    client = sign_in(acme.owner)
    assert "Nobody looked" in page(client, acme)
    look_at(acme.customer, ask(), by=staff)
    html = page(client, acme)
    assert "<b>Mo Moderator of Comm100</b> looked at" in html
    assert f'<a href="{acme.customer.get_absolute_url()}">contact 1</a>' in html
    assert "(e-mail, name)" in html
    assert "Support issue · ticket T-123" in html
    assert "The customer reports a broken campaign" in html
    assert "1 record looked at" in html


def test_it_is_live_and_silent_when_nothing_is_new(acme, staff, ask, sign_in):
    client = sign_in(acme.admin)
    answer = client.get(acme.url(URL + "?seen=0"), headers={"HX-Request": "true"})
    assert answer.status_code == 204
    look_at(acme.customer, ask(), by=staff)
    answer = client.get(acme.url(URL + "?seen=0"), headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "contact 1" in answer.content.decode()
    assert "<html" not in answer.content.decode()


def test_a_record_that_is_gone_or_was_never_there_is_told_too(acme, staff, ask, sign_in):
    grant = ask()
    look_at(acme.customer, grant, by=staff)
    grants.declare_record(grant, Contact, "number", "77", fields=["name"], by=staff)
    with working_for(acme.site.pk):
        acme.customer.delete()
    html = page(sign_in(acme.owner), acme)
    assert "contact that is gone, row " in html
    assert "a contact that is not here" in html


def test_a_record_without_a_number_is_told_by_the_one_that_it_belongs_to(acme, staff, ask, sign_in):
    with working_for(acme.site.pk):
        leaving = Departure(site=acme.site, contact=acme.customer, how=Departure.How.LINK)
        leaving.save()
    grants.view_record(ask(), Departure, leaving.pk, fields=["contact", "how"], by=staff)
    html = page(sign_in(acme.owner), acme)
    where = acme.customer.get_absolute_url()
    assert f'looked at <a href="{where}">unsubscription of contact 1</a>' in html


def test_mailings_and_texts_are_told_by_what_people_know_them_by(acme, staff, ask, sign_in):
    campaign = waiting_campaign(acme)
    with working_for(acme.site.pk):
        short, long = (
            Wording.objects.create(site=acme.site, digest=sha256(text.encode()).digest(), text=text)
            for text in ("Send me news", "Send me\nnews of bicycles, of rides, with a cake")
        )
        field = CustomField.objects.create(site=acme.site, key="city", label="City")
        receipt = write_receipt(acme)
    grant = ask()
    for row, fields in (
        (campaign.mailing, ["state"]),
        (short, ["text"]),
        (long, ["text"]),
        (field, ["label"]),
        (receipt, ["where"]),
    ):
        grants.view_record(grant, type(row), row.pk, fields=fields, by=staff)
    html = page(sign_in(acme.owner), acme)
    assert f'looked at <a href="{campaign.get_absolute_url()}">mailing of campaign 1</a>' in html
    assert "consent text “Send me news” <span" in html
    assert "consent text “Send me news of bicycles, of rides, with…” <span" in html
    assert "custom field “City” <span" in html
    assert f'href="{acme.customer.get_absolute_url()}">receipt of a choice of contact 1</a>' in html


def test_the_checker_that_a_site_downloads_runs_alone(acme, sign_in, tmp_path):
    client = sign_in(acme.owner)
    assert URL + "checker/" in page(client, acme)
    for name in ("access/checker", "journal/sealed"):
        answer = client.get(acme.url(f"{name}/"))
        (tmp_path / name.replace("/", "-")).write_bytes(answer.getvalue())
    command = [sys.executable, "-I", "access-checker", "verify", "journal-sealed"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "The chain is whole" in done.stdout


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?kind=visitors_contact", 2),
        ("?kind=mail_outbox", 7),  # nobody looked at one: no such choice
        ("?purpose=problem_resolution", 3),
        ("?purpose=support_issue&kind=visitors_contact", 1),
        ("?person={mia}", 3),
        ("?person={mia}&since={today}", 3),
        ("?until=2020-01-01", 0),
        ("?since=nonsense", 7),
    ],
)
def test_it_is_filtered_by_person_purpose_kind_and_time(acme, staff, ask, sign_in, query, count):
    mia = make_user("mia@company.example", "Mia Second", is_staff=True)
    look_at(acme.customer, ask(), by=staff)
    second = ask(by=mia, purpose=Purpose.PROBLEM, reference="T-9")
    look_at(acme.customer, second, by=mia)
    for grant, by in ((ask(reference="T-10"), staff), (second, mia)):
        grants.close_grant(grant, by=by)
    query = query.format(mia=mia.pk, today=timezone.now().date())
    client = sign_in(acme.owner)
    assert len(client.get(acme.url(URL + query)).context["looks"]) == count
    told = client.get(acme.url(URL + "csv/" + query))
    rows = list(csv.DictReader(b"".join(told.streaming_content).decode().splitlines()))
    assert len(rows) == count
    assert all(row["hash"] for row in rows)


def test_the_page_asks_few_queries_however_much_was_looked_at(
    acme, staff, ask, sign_in, django_assert_max_num_queries
):
    for _ in range(3):
        grant = ask()
        for _ in range(12):
            look_at(acme.customer, grant, by=staff)
    client = sign_in(acme.owner)
    client.get(acme.url())
    with django_assert_max_num_queries(14):
        client.get(acme.url(URL))


def test_an_owner_gets_a_mail_for_each_grant(acme, ask, post_office):
    grant = ask()
    post_office.deliver()
    (letter,) = post_office.to(acme.owner.user.email)
    assert letter.subject == "Mo Moderator of Comm100 may look at single records of Acme"
    for words in ("ticket T-123", "Support issue", "The customer reports a broken campaign"):
        assert words in letter.text
    assert any(link.endswith(f"/s/acme/access/?grant={grant.public_id}") for link in letter.links)
    assert not post_office.to(acme.admin.user.email)


def test_an_objection_ends_the_access_at_once_and_staff_are_told(
    acme, staff, ask, sign_in, post_office
):
    grant, client = ask(), sign_in(acme.admin)
    look_at(acme.customer, grant, by=staff)
    answer = client.post(
        acme.url(f"{URL}{grant.public_id}/objection/"), {"words": "We asked for nothing", "wait": 1}
    )
    assert answer.status_code == 302
    with pytest.raises(GrantRefused, match="no active grant"):
        look_at(acme.customer, grant, by=staff)
    assert "Ended by your objection" in client.get(answer["Location"]).content.decode()
    post_office.deliver()
    letter = post_office.to(staff.email)[-1]
    assert letter.subject == "Acme objects to the access for ticket T-123"
    assert "We asked for nothing" in letter.text
    assert "Ada acme of Acme" in letter.text
    with working_for(acme.site.pk):
        assert JournalEntry.objects.filter(action="grant.objected").count() == 1
    assert Site.objects.get(pk=acme.site.pk).support_waits  # from now on
    assert ask().is_waiting


def test_an_objection_needs_words_and_keeps_what_was_there(acme, ask, sign_in):
    grant = ask()
    url = acme.url(f"{URL}{grant.public_id}/objection/")
    answer = sign_in(acme.owner).post(url, {"words": " "})
    assert answer.status_code == 422
    assert "Say in a few words what you object to." in answer.content.decode()
    with working_for(acme.site.pk):
        assert AccessGrant.objects.get(pk=grant.pk).is_active


def test_the_site_decides_that_support_waits_and_lets_it_look(
    acme, staff, ask, sign_in, post_office
):
    client = sign_in(acme.owner)
    client.post(acme.url(URL + "waiting/"), {"wait": "yes"})
    grant = ask()
    with pytest.raises(GrantRefused, match="no active grant"):
        look_at(acme.customer, grant, by=staff)
    assert "Let them look" in page(client, acme)
    assert "Waits for you" in page(client, acme)
    client.post(acme.url(f"{URL}{grant.public_id}/admission/"))
    look_at(acme.customer, grant, by=staff)
    post_office.deliver()
    assert "asks to look at data of Acme" in post_office.to(acme.owner.user.email)[0].subject
    assert post_office.to(staff.email)[-1].subject == "Acme lets you look: ticket T-123"
    again = client.post(acme.url(f"{URL}{grant.public_id}/admission/"), follow=True)
    assert "does not wait for you any more" in again.content.decode()
    client.post(acme.url(URL + "waiting/"), {"wait": "no"})
    assert ask().is_active


@pytest.mark.parametrize("verb", ["admission", "objection"])
def test_the_grants_of_another_site_are_not_there(acme, rival, ask, sign_in, verb):
    Site.objects.filter(pk=rival.site.pk).update(support_waits=True)
    grant = ask(site=rival.site)
    client = sign_in(acme.owner)
    assert "ticket T-123" not in page(client, acme)
    assert client.get(acme.url(f"{URL}?grant={grant.public_id}")).status_code == 404
    url = acme.url(f"{URL}{grant.public_id}/{verb}/")
    assert client.post(url, {"words": "Not theirs"}).status_code == 404
    with working_for(rival.site.pk):
        assert AccessGrant.objects.get(pk=grant.pk).is_waiting


@pytest.mark.parametrize("who", ["reader", "editor"])
def test_who_does_not_rule_the_site_neither_reads_nor_decides(acme, ask, sign_in, who):
    client, grant = sign_in(getattr(acme, who)), ask()
    assert client.get(acme.url(URL)).status_code == 403
    url = acme.url(f"{URL}{grant.public_id}/objection/")
    assert client.post(url, {"words": "No"}).status_code == 403
    assert URL not in client.get(acme.url()).content.decode()


def a_day_passes() -> None:
    yesterday = timezone.now() - timedelta(days=1)
    Site.objects.update(created_at=yesterday)
    for site in Site.objects.all():
        with working_for(site.pk):
            MailedHead.objects.update(at=yesterday)


def test_the_head_is_mailed_daily_when_the_journal_grew(acme, rival, staff, ask, post_office):
    """To the owners; with what staff did; never twice for the same journal."""
    tasks.mail_heads()
    post_office.deliver()
    assert not post_office.to(acme.owner.user.email)  # founded just now

    look_at(acme.customer, ask(), by=staff)
    a_day_passes()
    tasks.mail_heads()
    tasks.mail_heads()
    post_office.deliver()
    _, letter = post_office.to(acme.owner.user.email)
    assert letter.subject.startswith("The seal of Acme’s journal, ")
    assert head_of(acme) in letter.text
    assert "Mo Moderator of Comm100 looked at contact 1 (e-mail, name)" in letter.text
    (theirs,) = post_office.to(rival.owner.user.email)
    assert "Nobody at Comm100 looked at your data" in theirs.text

    a_day_passes()
    tasks.mail_heads()
    with working_for(acme.site.pk):
        record("kite.flown", by=acme.owner)
    tasks.mail_heads()
    post_office.deliver()
    assert len(post_office.to(acme.owner.user.email)) == 3
    assert len(post_office.to(rival.owner.user.email)) == 1


def test_a_journal_that_was_rebuilt_misses_the_mailed_seal(acme, sign_in, tmp_path):
    """Somebody with all power over the database leaves one out and seals all anew."""
    a_day_passes()
    tasks.mail_heads()
    mailed, client = head_of(acme), sign_in(acme.owner)
    assert "The chain is whole" in client.post(acme.url(URL + "check/")).content.decode()
    by_hand(
        "SET session_replication_role = replica",
        f"DELETE FROM core_journalentry WHERE site_id = {acme.site.pk} AND seq > 2",
        "UPDATE core_journalhead h SET seq = e.seq, hash = e.hash FROM core_journalentry e"
        f" WHERE h.site_id = {acme.site.pk} AND e.site_id = h.site_id AND e.seq = 2",
    )
    for _ in range(3):
        with working_for(acme.site.pk):
            record("kite.flown", by=acme.owner)
    assert "The chain is broken" in client.post(acme.url(URL + "check/")).content.decode()
    file = tmp_path / "journal.jsonl"
    answer = client.get(acme.url("journal/sealed/"))
    file.write_bytes(b"".join(answer.streaming_content))
    assert verify(file)[0] == 0
    assert verify(file, "--head", mailed)[0] == 1


@pytest.mark.policy("P6.3")
def test_what_an_order_hides_is_a_link_without_words_in_the_download(
    acme, staff, sign_in, tmp_path
):
    """The site may not know yet; its chain can be checked all the same."""
    order: dict[str, Any] = {
        "order_reference": "order 412/26",
        "authority": "Court",
        "scope": "The contact that the order names",
    }
    order |= {"records": [["visitors.contact", "1"]], "bar_reason": "§ 95a of the code"}
    order |= {"barred_until": timezone.now().date() + timedelta(days=30)}
    ask_disclosure(acme.site, order=order, by=staff)
    with working_for(acme.site.pk):
        record("kite.flown", by=acme.owner)
    client = sign_in(acme.owner)
    file = tmp_path / "journal.jsonl"
    file.write_bytes(b"".join(client.get(acme.url("journal/sealed/")).streaming_content))
    assert "412/26" not in file.read_text()
    code, said = verify(file, "--head", head_of(acme))
    assert code == 0, said
    assert "withheld, seals alone: 1." in said
    assert "412/26" not in page(client, acme)
