"""What the law demands: an order with a reference, two staff, one file and its hash."""

import json
import os
from datetime import timedelta
from hashlib import sha256

import psycopg2
import pytest
from django.conf import settings
from django.db import Error, connections, transaction
from django.urls import reverse
from django.utils import timezone

from comm100.core.journal import breaks, seals_of
from comm100.core.models import JournalEntry
from comm100.core.tenancy import reading_as_staff, working_for
from privacy.models import AccessGrant, LegalDisclosure
from privacy.operations.disclosure import all_disclosures
from privacy.operations.head import note_head
from privacy.tasks import tell_of_disclosures
from tests.conftest import make_user
from tests.staff.conftest import with_second_factor

pytestmark = pytest.mark.policy("P6.3")
URL = "/staff/grants/disclosures/"


@pytest.fixture
def desk(staff):
    return with_second_factor(staff)


@pytest.fixture
def colleague(company):
    return with_second_factor(
        make_user("mia@company.example", "Mia Second", is_staff=True, is_superuser=True)
    )


@pytest.fixture
def order(acme) -> dict[str, str]:
    return {
        "site": acme.site.slug,
        "order_reference": "7 Gs 412/26",
        "authority": "District Court of Northwind",
        "scope": "Name and address of one customer of the shop",
        "records": f"contact {acme.customer.number}",
        "barred_until": "",
        "bar_reason": "",
    }


def in_a_month() -> str:
    return str(timezone.now().date() + timedelta(days=30))


def ask(desk, order, **but):
    answer = desk.post(f"{URL}new/", order | but)
    assert answer.status_code == 302, answer.content.decode()
    return answer["Location"]


def seen_by_the_site(house) -> tuple[int, int, int]:
    """Disclosures, grants, journal entries under a grant."""
    with working_for(house.site.pk):
        return (
            LegalDisclosure.objects.count(),
            AccessGrant.objects.count(),
            JournalEntry.objects.filter(grant_id__isnull=False).count(),
        )


def test_two_staff_hand_over_one_file_and_the_site_is_told(
    acme, desk, colleague, order, sign_in, post_office
):
    page = ask(desk, order)
    assert "Approve" not in desk.get(page).content.decode().split("</header>")[1][:2000]
    assert colleague.post(f"{page}approval/").status_code == 302
    answer = desk.post(f"{page}file/")
    facts = json.loads(answer.content)
    assert facts["order"] == order["order_reference"]
    assert facts["records"][0]["fields"]["email"] == acme.customer.email
    sealed = all_disclosures().get()
    assert sealed.digest == sha256(answer.content).hexdigest()
    assert sealed.approved_by.email == "mia@company.example"
    post_office.deliver()
    letter = post_office.to(acme.owner.user.email)[-1]
    assert "7 Gs 412/26" in letter.text
    assert sealed.digest in letter.text
    own = sign_in(acme.owner).get(acme.url("disclosures/")).content.decode()
    assert "7 Gs 412/26" in own
    with working_for(acme.site.pk):
        actions = list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))
        assert breaks() == []
    assert actions[-5:] == [
        *("grant.opened", "grant.approved", "record.view"),
        *("law.disclosed", "law.told"),
    ]


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("order_reference", "Without a reference nothing is disclosed"),
        ("authority", "required"),
        ("scope", "required"),
        ("records", "required"),
    ],
)
def test_without_a_reference_nothing_is_disclosed(desk, order, field, says):
    answer = desk.post(f"{URL}new/", order | {field: "  "})
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not all_disclosures().exists()


@pytest.mark.parametrize(
    "given", [("", "Court", "[1]"), ("7 Gs 412/26", "", "[1]"), ("7 Gs", "Court", "[]")]
)
def test_the_database_refuses_it_too(acme, staff, given):
    reference, authority, records = given
    with pytest.raises(Error), reading_as_staff(staff.pk), connections["staff"].cursor() as cursor:
        cursor.execute(
            "SELECT app.ask_disclosure(%s, %s, %s, %s, %s::jsonb, NULL, '')",
            [acme.site.pk, reference, authority, "Name and address of a customer", records],
        )


def test_who_asks_cannot_approve_and_without_approval_there_is_no_file(acme, desk, order):
    page = ask(desk, order)
    answer = desk.post(f"{page}approval/", follow=True)
    assert "does not wait for you" in answer.content.decode()
    answer = desk.post(f"{page}file/", follow=True)
    assert "Nothing was handed over" in answer.content.decode()
    assert acme.customer.email not in answer.content.decode()
    assert not all_disclosures().get().sealed_at


def test_a_colleague_approves_and_cannot_take_the_file(desk, colleague, order, acme):
    page = ask(desk, order)
    colleague.post(f"{page}approval/")
    answer = colleague.post(f"{page}file/", follow=True)
    assert acme.customer.email not in answer.content.decode()


def test_the_file_is_made_once(desk, colleague, order):
    page = ask(desk, order)
    colleague.post(f"{page}approval/")
    assert desk.post(f"{page}file/")["Content-Type"] == "application/json"
    digest = all_disclosures().get().digest
    assert "Nothing was handed over" in desk.post(f"{page}file/", follow=True).content.decode()
    assert all_disclosures().get().digest == digest


def test_a_site_that_may_not_know_sees_nothing_until_the_day(
    acme, desk, colleague, order, sign_in, post_office
):
    page = ask(desk, order, barred_until=in_a_month(), bar_reason="§ 95a of the code")
    colleague.post(f"{page}approval/")
    assert desk.post(f"{page}file/").status_code == 200
    owner = sign_in(acme.owner)
    assert seen_by_the_site(acme) == (0, 0, 0)
    for path in ("disclosures/", "journal/"):
        told = owner.get(acme.url(path)).content.decode()
        assert "412/26" not in told
        assert "Mo Moderator" not in told
    checked = _checked_against_the_mailed_head(acme, owner)
    assert "412/26" not in checked
    tell_of_disclosures()
    post_office.deliver()
    assert not [one for one in post_office.letters if "412/26" in one.text]
    _the_day_comes()
    tell_of_disclosures()
    tell_of_disclosures()
    post_office.deliver()
    told = [one for one in post_office.to(acme.owner.user.email) if "412/26" in one.text]
    assert len(told) == 1
    assert "forbade us to tell you" in told[0].text
    assert seen_by_the_site(acme) == (1, 1, 5)
    assert "412/26" in owner.get(acme.url("disclosures/")).content.decode()
    with working_for(acme.site.pk):
        assert breaks() == []


def _checked_against_the_mailed_head(house, owner) -> str:
    """A head is mailed while the last entry is under the bar: the chain is whole all the same."""
    with working_for(house.site.pk):
        news = note_head()
        assert news
        assert seals_of([news.head.seq]) == {news.head.seq: bytes(news.head.hash)}
    answer = owner.post(reverse("looks:check", args=[house.site.slug]))
    assert answer.context["breaks"] == []
    return answer.content.decode()


def _the_day_comes() -> None:
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    with administrator, administrator.cursor() as cursor:
        cursor.execute("UPDATE privacy_legaldisclosure SET barred_until = current_date")
    administrator.close()


def test_a_bar_needs_a_reason_and_a_day_to_come(desk, order):
    answer = desk.post(f"{URL}new/", order | {"barred_until": in_a_month()})
    assert "Say what in the order bars it" in answer.content.decode()
    answer = desk.post(f"{URL}new/", order | {"barred_until": "2020-01-01", "bar_reason": "§ 1 x"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "records", ["contact", "all contacts", "contact *", "users 1", "contact 1\nx"]
)
def test_only_single_records_are_named(desk, order, records):
    answer = desk.post(f"{URL}new/", order | {"records": records})
    assert answer.status_code == 422
    assert "names no record" in answer.content.decode()


def test_a_record_of_another_site_is_not_handed_over(acme, rival, desk, colleague, order):
    page = ask(desk, order, records="contact 987654")
    colleague.post(f"{page}approval/")
    facts = json.loads(desk.post(f"{page}file/").content)
    assert facts["records"][0]["fields"] is None
    assert all_disclosures().get().record_count == 0


def test_the_application_cannot_write_disclosures(acme):
    with working_for(acme.site.pk), pytest.raises(Error), transaction.atomic():
        LegalDisclosure.objects.filter(pk=1).update(authority="x")


def test_the_pages_of_staff_open(desk, colleague, order):
    assert "Nothing was disclosed" in desk.get(URL).content.decode()
    page = ask(desk, order)
    assert order["authority"] in desk.get(URL).content.decode()
    assert "Approve" in colleague.get(page).content.decode()
    assert desk.get(f"{URL}99/").status_code == 404
    assert settings.COMPANY_NAME in desk.get(f"{URL}new/").content.decode()
