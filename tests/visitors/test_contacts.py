"""The contacts of a site: list, page, adding, changing, removing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from comm100.core.models import JournalEntry, take_numbers
from comm100.core.tenancy import working_for
from visitors.models import Consent, Contact, CustomField, Source
from visitors.operations import contact_count, identify, note_event
from visitors.operations.field import add_field
from visitors.panels import Panel, _panels, register

NEW = {"email": "dan@x.example", "name": "Dan", "consent": 0}


MANY = """
INSERT INTO visitors_contact (site_id, number, email, email_norm, email_hash, name, fields, source,
  consent, consent_note, created_at, updated_at)
SELECT %s, n + 1, e, e, sha256(e::bytea), 'Common Name', '{"plan": "free"}', 1, 0, '', now(), now()
FROM (SELECT n, 'p' || n || '@many.example' AS e FROM generate_series(1, 5000) n) everybody
"""


def journal(house):
    with working_for(house.site.pk):
        return list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))


def people(house, count):
    with working_for(house.site.pk):
        first = take_numbers("contact", count)
        for n in range(first, first + count):
            person = Contact(
                site=house.site, number=n + 1, name=f"Person {n:03}", source=Source.IMPORT
            )
            person.set_email(f"p{n}@x.example")
            person.save()


def test_the_list_shows_everybody_newest_first_in_pages(acme, sign_in):
    people(acme, 60)
    client = sign_in(acme.reader)
    first = client.get(acme.url("contacts/"))
    html = first.content.decode()
    assert "61 people" in html
    assert html.index("Person 060") < html.index("Person 059")
    assert "Cat Customer" not in html

    second = client.get(acme.url("contacts/") + first.context["page"].older).content.decode()
    assert "Cat Customer" in second
    assert "Person 060" not in second


def test_the_list_asks_few_questions_however_many_there_are(acme, sign_in):
    client = sign_in(acme.reader)
    client.get(acme.url("contacts/"))  # the first request notes the session
    counts = []
    for _ in range(2):
        people(acme, 30)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            client.get(acme.url("contacts/?q=pers&source=1"))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12 + 2  # BEGIN and COMMIT are counted, too


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=c", True),
        ("q=CAT", True),
        ("q=ustome", True),
        ("q=acme-customers", True),
        ("q=cat+cust", True),
        ("q=%25", False),
        ("q=_", False),
        ("q=nobody", False),
        ("source=3", True),
        ("source=1", False),
        ("source=nonsense", True),
        ("consent=0", True),
        ("consent=1&q=cat", False),
        ("field=city&value=K%C3%B6ln", True),
        ("field=city&value=Rome", False),
        ("field=city&value=K%C3%B6ln&q=cat", True),
        ("q=%00cat", True),
    ],
)
def test_search_and_filters_narrow_the_list(acme, sign_in, query, found):
    with working_for(acme.site.pk):
        add_field(label="City", by=acme.owner)
        Contact.objects.update(fields={"city": "Köln"})
    html = sign_in(acme.reader).get(acme.url(f"contacts/?{query}")).content.decode()
    assert ("Cat Customer" in html) is found
    assert ("Nobody found" in html) is not found


def test_search_finds_the_rare_among_many(acme, sign_in):
    with working_for(acme.site.pk):
        take_numbers("contact", 5000)
        with connection.cursor() as cursor:
            cursor.execute(MANY, [acme.site.pk])
        assert [c.pk for c in Contact.objects.all().found("cat cust")] == [acme.customer.pk]
        assert [c.pk for c in Contact.objects.all().found("ca")] == [acme.customer.pk]
        assert len(Contact.objects.all().found("common")) == 500
        assert len(Contact.objects.all().with_value("plan", "free")) == 500
        assert contact_count() == 5001


def test_search_stays_inside_the_site(acme, rival):
    with working_for(acme.site.pk):
        assert not Contact.objects.all().found("rival-customers")
        Contact.objects.update(fields={"a": "b"})
    with working_for(rival.site.pk):
        assert not Contact.objects.all().with_value("a", "b")


def test_htmx_gets_the_rows_alone(acme, sign_in):
    html = (
        sign_in(acme.reader).get(acme.url("contacts/?q=cat"), headers={"HX-Request": "true"})
    ).content.decode()
    assert "Cat Customer" in html
    assert "<html" not in html


def test_an_operator_adds_a_contact(acme, sign_in):
    with working_for(acme.site.pk):
        add_field(label="City", by=acme.owner)
    typed = NEW | {"field_city": "Oslo", "consent": 1, "consent_note": "asked at the fair"}
    response = sign_in(acme.editor).post(acme.url("contacts/new/"), typed, follow=True)
    html = response.content.decode()
    for words in ("Dan is a contact now.", "Oslo", "Declared", "asked at the fair"):
        assert words in html
    assert "contact.consent" in journal(acme)
    with working_for(acme.site.pk):
        assert contact_count() == 2


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"email": ""}, "Type the e-mail address."),
        ({"email": "no at"}, "The e-mail address has no @."),
        ({"email": "a@b"}, "has no dot"),
        ({"consent": 1}, "Say how they agreed."),
        ({"email": "CAT@acme-customers.example"}, "Another contact has this address already."),
    ],
)
def test_bad_input_is_told_beside_the_field(acme, sign_in, typed, words):
    response = sign_in(acme.editor).post(acme.url("contacts/new/"), NEW | typed)
    html = response.content.decode()
    assert response.status_code == 422
    assert words in html
    assert 'value="Dan"' in html


def test_a_taken_address_leads_to_who_has_it(acme, sign_in):
    typed = NEW | {"email": acme.customer.email}
    html = sign_in(acme.editor).post(acme.url("contacts/new/"), typed).content.decode()
    assert acme.url("contacts/1/") in html


def test_an_operator_corrects_a_contact(acme, sign_in):
    client = sign_in(acme.editor)
    typed = {"email": "kat@x.example", "name": "Kat", "consent": 0, "consent_note": ""}
    assert client.post(acme.url("contacts/1/edit/"), typed).status_code == 302
    with working_for(acme.site.pk):
        kat = Contact.objects.get()
    assert (kat.name, kat.email_norm) == ("Kat", "kat@x.example")
    with working_for(acme.site.pk):
        assert [c.pk for c in Contact.objects.all().found("KAT@x")] == [kat.pk]
        assert [c.pk for c in Contact.objects.all().found("x.exam")] == [kat.pk]


def test_erasing_asks_once_and_is_journalled(acme, sign_in):
    client = sign_in(acme.admin)
    assert "cannot be undone" in client.get(acme.url("contacts/1/erasure/")).content.decode()
    with working_for(acme.site.pk):
        assert Contact.objects.count() == 1
    client.post(acme.url("contacts/1/erasure/"))
    with working_for(acme.site.pk):
        assert Contact.objects.count() == 0
        assert contact_count() == 0
    assert "contact.erased" in journal(acme)
    assert client.post(acme.url("contacts/1/erasure/")).status_code == 404


def test_the_timeline_is_told_newest_first_in_pages(acme, sign_in):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    with working_for(acme.site.pk):
        for n in range(25):
            at = start + timedelta(hours=n)
            note_event(acme.customer, kind="test", text=f"Event {n:02}.", at=at)
    client = sign_in(acme.reader)
    first = client.get(acme.url("contacts/1/"))
    html = first.content.decode()
    assert html.index("Event 24.") < html.index("Event 05.")
    assert "Event 04." not in html
    second = client.get(acme.url(f"contacts/1/?until={first.context['older']}")).content.decode()
    assert "Event 04." in second
    assert "Became a contact" in second


def test_apps_above_add_panels(acme, sign_in):
    panel = Panel(
        name="test",
        title="Lists of theirs",
        template="visitors/consent.html",
        facts=lambda contact, operator: {"consent": 2},
    )
    register(panel)
    try:
        html = sign_in(acme.reader).get(acme.url("contacts/1/")).content.decode()
    finally:
        _panels.remove(panel)
    assert "Lists of theirs" in html


def test_the_page_asks_few_questions(acme, sign_in):
    client = sign_in(acme.reader)
    client.get(acme.url("contacts/1/"))
    with CaptureQueriesContext(connection) as queries:
        client.get(acme.url("contacts/1/"))
    assert len(queries) <= 13 + 3  # three for what they chose, however much that is


@pytest.mark.parametrize(
    "rest", ["contacts/new/", "contacts/1/edit/", "contacts/1/erasure/", "contacts/fields/"]
)
def test_a_reader_changes_nothing(acme, sign_in, rest):
    client = sign_in(acme.reader)
    assert client.get(acme.url(rest)).status_code == 403
    assert client.post(acme.url(rest)).status_code == 403


@pytest.mark.parametrize("rest", ["contacts/2/", "contacts/2/edit/", "contacts/2/erasure/"])
def test_another_sites_number_is_not_there(acme, rival, sign_in, rest):
    people(rival, 1)
    client = sign_in(acme.owner)
    assert client.get(acme.url(rest)).status_code == 404
    assert client.post(acme.url(rest), NEW).status_code == 404


def test_custom_fields_are_added_renamed_and_erased(acme, sign_in):
    client = sign_in(acme.editor)
    client.post(acme.url("contacts/fields/"), {"label": "Customer number"})
    client.post(acme.url("contacts/fields/"), {"label": "customer NUMBER"})
    client.post(acme.url("contacts/fields/customer_number/"), {"label": "Number"})
    with working_for(acme.site.pk):
        Contact.objects.update(fields={"customer_number": "7", "city": "Rome"})
        assert CustomField.objects.get().label == "Number"
    client.post(acme.url("contacts/fields/customer_number/removal/"))
    with working_for(acme.site.pk):
        assert Contact.objects.get().fields == {"city": "Rome"}
        assert not CustomField.objects.exists()


def test_who_identifies_is_known_by_address_and_consent_only_rises(acme):
    def told(**facts):
        with working_for(acme.site.pk):
            return identify(email="Eve@x.example", source=Source.CONTACT_FORM, **facts)

    first = told(name="Eve", consent=Consent.CONFIRMED, consent_note="double opt-in")
    again = told(fields={"city": "Rome"}, consent=Consent.DECLARED, consent_note="worse")
    assert first.pk == again.pk
    assert (again.name, again.fields) == ("Eve", {"city": "Rome"})
    assert (again.consent, again.consent_note) == (Consent.CONFIRMED, "double opt-in")
    assert journal(acme).count("contact.consent") == 1
