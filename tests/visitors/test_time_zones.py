"""The time zone of a contact: from a column, from the form."""

from comm100.core.tenancy import working_for
from visitors.models import Contact

FILE = "E-Mail,Time zone\nann@x.example,europe/berlin\nbo@x.example,\ncy@x.example,Mars/Olympus\n"


def test_a_column_of_time_zones_is_read_and_a_wrong_one_refused(importer):
    run = importer.run(FILE)
    people = importer.contacts()

    assert {who: person.time_zone for who, person in people.items()} == {
        "ann@x.example": "Europe/Berlin",
        "bo@x.example": "",
    }
    assert any(
        "is no time zone. Write it as Europe/Berlin." in row for row in importer.refused(run)
    )


def test_a_second_import_corrects_the_time_zone_and_an_empty_cell_keeps_it(importer):
    importer.run(FILE)
    later = importer.run("E-Mail,TZ\nann@x.example,\nbo@x.example,America/New York\n")
    people = importer.contacts()

    assert (later.updated, later.unchanged) == (1, 1)
    assert people["ann@x.example"].time_zone == "Europe/Berlin"
    assert people["bo@x.example"].time_zone == "America/New_York"


def test_an_operator_chooses_it_on_the_form(acme, sign_in):
    client = sign_in(acme.editor)
    known = {"email": acme.customer.email, "name": "Cat", "consent": 0, "consent_note": ""}
    url = acme.url("contacts/1/")

    assert client.post(f"{url}edit/", known | {"time_zone": "Mars/Olympus"}).status_code == 422
    client.post(f"{url}edit/", known | {"time_zone": "Asia/Tokyo"})

    assert "Asia/Tokyo" in client.get(url).content.decode()
    with working_for(acme.site.pk):
        assert Contact.objects.get().time_zone == "Asia/Tokyo"
