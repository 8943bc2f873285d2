"""Testimonials: nothing is posted that the customer did not agree to, whichever way is tried."""

import os
import re

import psycopg2
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from comm100.core.documents import version_today
from comm100.core.journal import breaks
from comm100.core.models import JournalEntry
from comm100.core.tenancy import working_for
from tests.staff.conftest import with_second_factor
from website import models as kept
from website import testifying
from website.seeding import seed_company

FORM = {
    "kind": 1,
    "headline": "",
    "words": "It saved us a C:\\path of “work”.",
    "name": "Cat Customer",
    "title": "Head of Service",
    "organisation": "Northwind",
    "email": "cat@northwind.example",
}
OWN = {name: FORM[name] for name in ("headline", "words", "name", "title", "organisation")}
PAGE = "/customers/"
MADE_UP = {"published_at": "2026-01-01", "consent": "1"}


@pytest.fixture
def company():
    return seed_company()


@pytest.fixture
def desk(staff):
    """The staff's browser."""
    return with_second_factor(staff)


@pytest.fixture
def written(desk) -> kept.Testimonial:
    assert desk.post("/staff/testimonials/", FORM).status_code == 302
    return kept.Testimonial.objects.get()


@pytest.fixture
def link(desk, written, post_office) -> str:
    """Where the customer decides, from the letter."""
    desk.post(f"/staff/testimonials/{written.pk}/asking/")
    post_office.deliver()
    (letter,) = post_office.to(FORM["email"])
    assert FORM["words"] in letter.text
    return letter.links[0].removeprefix(settings.PUBLIC_URL)


@pytest.fixture
def posted(client, desk, written, link) -> kept.Testimonial:
    client.post(link, OWN | {"wish": "agree"})
    desk.post(f"/staff/testimonials/{written.pk}/posting/")
    written.refresh_from_db()
    return written


def page(client) -> str:
    return client.get(PAGE).content.decode()


@pytest.mark.policy("P5.5", "P5.6")
def test_a_customer_is_asked_agrees_and_is_posted_with_name_and_title(
    client, desk, written, link, post_office
):
    assert "May we post this?" in client.get(link).content.decode()
    assert not kept.TestimonialConsent.objects.exists()
    assert client.post(link, OWN | {"wish": "agree"}).status_code == 302
    assert "Northwind" not in page(client)
    desk.post(f"/staff/testimonials/{written.pk}/posting/")
    shown = page(client)
    assert all(text in str(shown) for text in ("Cat Customer", "Head of Service", "C:\\path"))
    assert str(FORM["email"]) not in shown
    consent = kept.TestimonialConsent.objects.get()
    assert consent.policy_version == version_today("policy")
    post_office.deliver()
    assert post_office.to(FORM["email"])[-1].subject == "Your words are on the page of Comm100"
    with working_for(seed_company().pk):
        actions = [*JournalEntry.objects.order_by("seq").values_list("action", "actor")]
        assert breaks() == []
    assert [a for a, _ in actions][-3:] == [
        "testimonial.asked",
        "testimonial.agreed",
        "testimonial.published",
    ]
    assert actions[-2][1] == "customer"


@pytest.mark.policy("P5.6")
def test_staff_cannot_post_without_consent_by_any_page(client, desk, written, link):
    for act in ("asking/", "posting/"):
        desk.post(f"/staff/testimonials/{written.pk}/{act}", MADE_UP)
    desk.post(f"/staff/testimonials/{written.pk}/", FORM | MADE_UP)
    answer = desk.post(f"/staff/testimonials/{written.pk}/posting/", follow=True)
    assert "has not agreed" in answer.content.decode()
    assert "Northwind" not in page(client)
    assert desk.get("/staff/website/testimonial/").status_code == 404


@pytest.mark.policy("P5.6")
def test_the_operation_refuses(staff, written):
    with pytest.raises(testifying.NoConsent):
        testifying.publish(written, by=staff)


TRICKS = {
    "no consent": "UPDATE website_testimonial SET published_at = now()",
    "a made-up consent": "UPDATE website_testimonial SET published_at = now(), consent_id = 99999",
    "not held": "UPDATE website_testimonial SET consent_holds = false, published_at = now()",
    "a fingerprint of its own": "UPDATE website_testimonial SET fingerprint = 'x'",
}
TRICKS_AFTERWARDS = {
    "other words": "UPDATE website_testimonial SET words = 'Best in the world'",
    "another title": "UPDATE website_testimonial SET title = 'President'",
    "withdrawn and still posted": "UPDATE website_testimonialconsent SET withdrawn_at = now()",
    "consent deleted": "DELETE FROM website_testimonialconsent",
    "consent to other words": "UPDATE website_testimonialconsent SET fingerprint = 'x'",
}


def refused(sql: str) -> bool:
    """By the database, as the application and as its administrator."""
    tried = []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError:
        tried.append(True)
    administrator = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with administrator, administrator.cursor() as cursor:
            cursor.execute(sql)
    except psycopg2.Error:
        tried.append(True)
    administrator.close()
    return tried == [True, True]


@pytest.mark.policy("P5.6")
@pytest.mark.parametrize("trick", TRICKS)
def test_sql_cannot_post_without_consent(written, trick):
    assert refused(TRICKS[trick])


@pytest.mark.policy("P5.6")
@pytest.mark.parametrize("trick", TRICKS_AFTERWARDS)
def test_sql_cannot_part_what_is_posted_from_its_consent(posted, trick):
    assert refused(TRICKS_AFTERWARDS[trick])


@pytest.mark.policy("P5.6")
def test_the_consent_of_one_does_not_serve_another(posted):
    sql = (
        "INSERT INTO website_testimonial (kind, headline, name, title, organisation, words, email,"
        " consent_id, consent_holds, published_at, created_at) SELECT kind, headline, name, title,"
        " organisation, words, email, consent_id, true, now(), now() FROM website_testimonial"
    )
    assert refused(sql)


@pytest.mark.policy("P5.6")
def test_withdrawal_takes_it_off_the_page_at_once(client, posted, link):
    assert "Northwind" in page(client)
    assert client.get(link).status_code == 200
    assert "Northwind" in page(client)
    assert client.post(link, {"wish": "withdraw"}).status_code == 302
    assert "Northwind" not in page(client)
    assert kept.TestimonialConsent.objects.get().withdrawn_at
    client.post(link, {"wish": "withdraw"})
    with working_for(seed_company().pk):
        assert JournalEntry.objects.filter(action="testimonial.withdrawn").count() == 1


@pytest.mark.policy("P5.6")
def test_changed_words_wait_for_another_consent(client, desk, posted, link):
    desk.post(f"/staff/testimonials/{posted.pk}/", FORM | {"words": "The best of all"})
    assert "Northwind" not in page(client)
    answer = desk.post(f"/staff/testimonials/{posted.pk}/posting/", follow=True)
    assert "has not agreed" in answer.content.decode()


@pytest.mark.policy("P5.1")
def test_who_writes_in_public_is_told_so_beside_the_box_and_may_edit_and_delete(
    client, desk, posted, link
):
    own = client.get(link).content.decode()
    told = own.index("Everybody can read what you write here")
    assert own.index("<form") < told < own.index("<textarea")
    assert "address is never shown" in own
    client.post(link, OWN | {"wish": "agree", "words": "Quite good, now."})
    assert "Northwind" not in page(client)  # until staff post the other words
    desk.post(f"/staff/testimonials/{posted.pk}/posting/")
    assert "Quite good, now." in page(client)
    assert "deleted" in client.post(link, {"wish": "remove"}).content.decode()
    assert not kept.Testimonial.objects.exists()
    assert client.get(link).status_code == 404


@pytest.mark.policy("P5.1")
def test_a_stranger_sees_no_address_and_may_report(client, posted, post_office):
    assert not re.search(r"[\w.]+@[\w.]+\.\w+", page(client))
    report = f"/customers/{posted.pk}/report/"
    assert client.post(report, {"reason": ""}).status_code == 422
    assert "We look at it" in client.post(report, {"reason": "Not true"}).content.decode()
    post_office.deliver()
    (letter,) = post_office.to(settings.COMPANY_EMAIL)
    assert "Not true" in letter.text


def test_bad_input_stays_in_the_form(client, desk, link, written):
    answer = client.post(link, OWN | {"wish": "agree", "name": ""})
    assert answer.status_code == 422
    assert "of “work”" in answer.content.decode()
    answer = desk.post(f"/staff/testimonials/{written.pk}/", FORM | {"email": "nobody"})
    assert answer.status_code == 422
    assert desk.post("/staff/testimonials/", FORM | {"words": ""}).status_code == 422


def test_what_is_not_posted_cannot_be_reported(client, written):
    assert client.get(f"/customers/{written.pk}/report/").status_code == 404


def test_the_page_costs_the_same_however_many_are_posted(
    client, staff, posted, django_assert_max_num_queries
):
    for _ in range(5):
        one = testifying.write(FORM, by=staff)
        testifying.agree(one, OWN)
        testifying.publish(one, by=staff)
    with django_assert_max_num_queries(12):
        assert page(client).count("Northwind") == 6
