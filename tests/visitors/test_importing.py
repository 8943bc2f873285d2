"""Import of a CSV: from the upload to the result."""

from contextlib import contextmanager

import pytest

from comm100.core.tenancy import working_for
from visitors.destinations import Destination, every_destination, register
from visitors.models import Consent, Contact, CustomField, Import
from visitors.operations import contact_count

PLAIN = "E-Mail,First name,Last name,City\nann@x.example,Ann,Lee,Köln\nbo@x.example,Bo,,Rome\n"


def test_a_csv_becomes_contacts(importer, acme):
    run = importer.run(PLAIN, origin_note="spring fair")
    people = importer.contacts()

    assert run.state == Import.State.DONE
    assert (run.created, run.updated, run.duplicates, run.refused) == (2, 0, 0, 0)
    assert people["ann@x.example"].name == "Ann Lee"
    assert people["ann@x.example"].fields == {"city": "Köln"}
    assert people["bo@x.example"].consent == Consent.DECLARED
    assert people["bo@x.example"].consent_note == "They subscribed to our newsletter: spring fair"
    assert sorted(p.number for p in people.values()) == [1, 2] or len(people) == 2
    with working_for(acme.site.pk):
        assert contact_count() == 3
        assert CustomField.objects.get().label == "City"


def test_numbers_follow_the_file(importer, acme, monkeypatch):
    monkeypatch.setattr("visitors.importing.chunk.CHUNK_ROWS", 90)
    addresses = [f"p{n * 37 % 200}@x.example" for n in range(200)]
    importer.run("\n".join(["email", *addresses[:150]]))
    importer.run("\n".join(["email", *addresses]))
    with working_for(acme.site.pk):
        numbered = Contact.objects.exclude(pk=acme.customer.pk).order_by("number")
        assert list(numbered.values_list("email_norm", flat=True)) == addresses


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (PLAIN, "utf-8-sig"),
        (PLAIN.replace(",", ";"), "latin-1"),
        (PLAIN.replace(",", "\t"), "utf-16"),
        (PLAIN.replace(",", "\t"), "utf-16-le"),
        (PLAIN.replace(",", "|").replace("\n", "\r\n"), "utf-8"),
        (PLAIN.replace("\n", "\r"), "mac_roman"),
        ("sep=;\r\n" + PLAIN.replace(",", ";"), "cp1252"),
        (PLAIN.replace("Köln", '"Köln"').replace("Ann,", '"Ann",'), "utf-8"),
    ],
)
def test_reads_what_spreadsheets_write(importer, text, encoding):
    mac = {"encoding": "mac_roman"} if encoding == "mac_roman" else {}
    importer.run(text, written=encoding, **mac)
    assert importer.contacts()["ann@x.example"].fields == {"city": "Köln"}


def test_a_wrong_guess_is_corrected_on_the_page(importer):
    text = "имя;почта\nАнна;anna@x.example\n"
    importer.upload(text, encoding="cp1251")
    run = importer.latest()
    assert "Àííà" in importer.columns(run).content.decode()

    html = importer.columns(run, "?encoding=cp1251&delimiter=%3B&header=1").content.decode()
    assert "Анна" in html
    importer.start(run, encoding="cp1251", column_0="name", column_1="email")
    assert importer.contacts()["anna@x.example"].name == "Анна"


def test_quoted_cells_hold_line_breaks_and_separators(importer):
    run = importer.run('name,email,note\n"Lee, Ann",ann@x.example,"one\ntwo"\nBo,bo@x.example,\n')
    people = importer.contacts()
    assert run.created == 2
    assert people["ann@x.example"].name == "Lee, Ann"
    assert people["ann@x.example"].fields == {"note": "one\ntwo"}


def test_without_a_header_the_addresses_are_found(importer):
    run = importer.run("Ann;ann@x.example\nBo;bo@x.example\n", column_0="name")
    assert run.created == 2
    assert importer.contacts()["ann@x.example"].name == "Ann"


@pytest.mark.parametrize(
    ("header", "meanings"),
    [
        ("Vorname;Nachname;E-Mail-Adresse", ["first_name", "last_name", "email"]),
        ("prénom;nom;courriel", ["first_name", "last_name", "email"]),
        ("Correo electrónico;Nombre;Apellidos", ["email", "first_name", "last_name"]),
        ("EMAIL ADDRESS;Full Name;Kundennummer", ["email", "name", "new:Kundennummer"]),
        ("Imię;Nazwisko;e_mail", ["first_name", "last_name", "email"]),
    ],
)
def test_headers_are_understood_in_many_languages(importer, header, meanings):
    importer.upload(f"{header}\na@x.example;b;c\n")
    form = importer.columns(importer.latest()).context["form"]
    assert [field.value() for field, _ in form.columns()] == meanings


def test_duplicates_are_merged_by_address_and_the_last_value_wins(importer):
    run = importer.run(
        "email,name,city\nAnn@X.example,Ann,Rome\nbo@x.example,Bo,\n"
        " ann@x.EXAMPLE ,Ann Lee,\nann@x.example,,Oslo\n"
    )
    ann = importer.contacts()["ann@x.example"]
    assert (run.created, run.duplicates) == (2, 2)
    assert (ann.name, ann.fields) == ("Ann Lee", {"city": "Oslo"})


def test_known_people_are_updated_never_emptied_never_downgraded(importer, acme):
    with working_for(acme.site.pk):
        Contact.objects.update(consent=Consent.CONFIRMED, consent_note="opt-in", fields={"a": "1"})
    email = acme.customer.email.upper()
    first = importer.run(f"email,name,city\n{email},,Rome\nann@x.example,Ann,\n")
    again = importer.run(f"email,name,city\n{email},,Rome\nann@x.example,Ann,\n")

    assert (first.created, first.updated, first.unchanged) == (1, 1, 0)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)
    with working_for(acme.site.pk):
        cat = Contact.objects.get(pk=acme.customer.pk)
    assert (cat.name, cat.fields) == ("Cat Customer", {"a": "1", "city": "Rome"})
    assert (cat.consent, cat.consent_note) == (Consent.CONFIRMED, "opt-in")


def test_who_has_not_agreed_gets_no_consent(importer):
    importer.run(PLAIN, origin="none")
    assert importer.contacts()["ann@x.example"].consent == Consent.NONE


def test_refused_rows_come_back_with_reasons(importer):
    run = importer.run(
        "email,name\nann@x.example,Ann\nnobody,No\n,Empty\na b@x.example,S\nx@nodot,N\n\n"
        "two@@x.example,T\n=cmd@x,E\nümlaut@x.example,U\n" + "a" * 65 + "@x.example,L\n"
        "Bo Ex <bo@x.example>,\nidn@bücher.example,I\n"
    )
    lines = importer.refused(run)
    assert (run.created, run.refused) == (3, 8)
    assert lines[0] == "Line,Reason,email,name"
    assert lines[1] == "3,The e-mail address has no @.,nobody,No"
    assert lines[6].startswith("9,")
    assert "'=cmd@x" in lines[6]
    assert len(lines) == 9
    assert importer.contacts()["bo@x.example"].name == "Bo Ex"
    assert "idn@xn--bcher-kva.example" in importer.contacts()


def test_a_quotation_mark_that_never_closes_costs_its_own_line(importer):
    run = importer.run('email,name\na@x.example,"Ann\nb@x.example,Bo\nc@x.example,Cy\n')
    assert (run.created, run.refused) == (2, 1)
    assert importer.refused(run)[1].startswith("2,A quotation mark is opened and never closed.")


def test_rows_of_another_encoding_are_refused_not_garbled(importer):
    good = "email,name\n" + "".join(f"a{n}@x.example,Ann\n" for n in range(3))
    importer.upload(good.encode() + "z@x.example,Zoë\n".encode("latin-1"))
    run = importer.latest()
    importer.start(run, encoding="utf-8")
    run = importer.latest()
    assert (run.created, run.refused) == (3, 1)
    assert "cannot be read" in importer.refused(run)[1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\n\n", "empty"),
        (b"PK\x03\x04" + b"\0" * 99, "save it as CSV"),
        (b"\x89PNG\r\n" + b"\0" * 99, "picture"),
        (b"\x00\x01\x02\x03" * 99, "save it as CSV"),
        (b"%PDF-1.7", "PDF"),
        (b"<html><body>", "web page"),
    ],
)
def test_what_is_no_csv_is_told_beside_the_field(importer, content, words):
    response = importer.upload(content)
    assert response.status_code == 422
    assert words in response.content.decode()
    assert importer.latest() is None


def test_a_header_alone_says_that_there_is_nobody(importer):
    importer.upload("email,name\n")
    assert "No contacts in this file" in importer.columns(importer.latest()).content.decode()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"column_0": ""}, "Choose the column that holds the e-mail addresses."),
        ({"column_0": "", "column_1": "email"}, "None of the first rows has an e-mail address"),
        ({"column_1": "email"}, "Another column becomes this already."),
        ({"origin": ""}, "Choose how these people agreed."),
        ({"origin": "other"}, "Say how these people agreed."),
    ],
)
def test_wrong_columns_are_told_and_nothing_typed_is_lost(importer, typed, words):
    importer.upload(PLAIN)
    response = importer.start(importer.latest(), **({"column_3": "new:City"} | typed))
    assert response.status_code == 422
    assert words in response.content.decode()
    assert response.context["form"]["column_3"].value() == "new:City"
    assert importer.latest().state == Import.State.UPLOADED


def test_posting_twice_starts_once(importer):
    importer.upload(PLAIN)
    run = importer.latest()
    importer.start(run)
    again = importer.client.post(importer.house.url(f"contacts/imports/{run.number}/start/"))
    assert again.status_code == 302
    assert importer.latest().created == 2


def test_an_upload_can_be_discarded(importer):
    importer.upload(PLAIN)
    run = importer.latest()
    path = run.path
    importer.client.post(importer.house.url(f"contacts/imports/{run.number}/cancellation/"))
    assert importer.latest().state == Import.State.CANCELLED
    assert not path.exists()


def test_the_file_is_gone_when_the_import_is_done(importer):
    importer.upload(PLAIN)
    path = importer.latest().path
    assert path.exists()
    importer.start(importer.latest())
    assert not path.exists()


@contextmanager
def destination(**options):
    taken = []
    place = Destination(
        name="test",
        label="Put on",
        choices=lambda operator: [("a", "List A")],
        apply=lambda run, choices: taken.append((choices, staged())),
        **options,
    )
    before = every_destination()
    register(place)
    try:
        yield taken
    finally:
        from visitors import destinations

        destinations._destinations.clear()
        for one in before:
            register(one)


def staged():
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT contact_id, is_new FROM import_contact ORDER BY line")
        return cursor.fetchall()


def test_destinations_get_the_people_of_each_chunk(importer, acme):
    with destination() as taken:
        importer.run(f"{PLAIN}{acme.customer.email},Cat,,\n", to_test=["a"])
    people = importer.contacts()
    assert taken == [
        (
            ["a"],
            [
                (people["ann@x.example"].pk, True),
                (people["bo@x.example"].pk, True),
                (acme.customer.pk, False),
            ],
        )
    ]


def test_without_consent_nobody_goes_to_a_place_that_needs_it(importer):
    with destination() as taken:
        importer.upload(PLAIN)
        response = importer.start(importer.latest(), origin="none", to_test=["a"])
    assert response.status_code == 422
    assert "cannot be put here" in response.content.decode()
    assert taken == []


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("get", "new/"),
        ("post", "new/"),
        ("post", "1/start/"),
        ("post", "1/cancellation/"),
        ("get", "1/refused/"),
    ],
)
def test_a_reader_may_not_import(importer, acme, sign_in, method, rest):
    importer.run(PLAIN)
    client = sign_in(acme.reader)
    assert getattr(client, method)(acme.url(f"contacts/imports/{rest}")).status_code == 403
    assert client.get(acme.url("contacts/imports/1/")).status_code == 200


def test_another_site_finds_nothing(importer, rival, sign_in):
    importer.run(PLAIN)
    client = sign_in(rival.owner)
    assert client.get(rival.url("contacts/imports/1/")).status_code == 404
    assert client.get(rival.url("contacts/imports/1/refused/")).status_code == 404
    assert client.post(rival.url("contacts/imports/1/start/")).status_code == 404
    assert client.post(rival.url("contacts/imports/1/cancellation/")).status_code == 404
    assert client.get(importer.house.url("contacts/imports/1/")).status_code == 404


def test_an_upload_that_is_too_large_is_refused_unread(importer, settings):
    settings.UPLOAD_LIMIT = 10_000
    response = importer.client.post(
        importer.house.url("contacts/imports/new/"),
        data=Unread(),
        content_type="multipart/form-data; boundary=x",
        CONTENT_LENGTH=str(500 * 2**20),
    )
    assert response.status_code == 413
    assert "The file is larger than" in response.content.decode()
    assert importer.upload("email\n" + "a@x.example\n" * 2000).status_code == 422


class Unread(bytes):
    """A body that must not be touched; its length is told by CONTENT_LENGTH."""


def test_a_full_disk_is_told_and_keeps_nothing(importer, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", full)
    response = importer.upload(PLAIN)
    assert response.status_code == 507
    assert "There is no room" in response.content.decode()
    assert importer.latest() is None


def test_the_upload_needs_the_csrf_token(acme):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(acme.editor.user)
    assert client.post(acme.url("contacts/imports/new/"), {"file": ""}).status_code == 403


def test_the_history_asks_few_questions(importer, django_assert_max_num_queries):
    for n in range(3):
        importer.run(f"email\na{n}@x.example\n")
    with django_assert_max_num_queries(12):
        html = importer.client.get(importer.house.url("contacts/imports/")).content.decode()
    assert html.count("people.csv") >= 3
    assert "Ed acme" in html
