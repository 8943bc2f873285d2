"""A chunk is looked up while the one before is written: what others do meanwhile counts."""

import threading

import pytest

from comm100.core.tenancy import working_for
from visitors import tasks
from visitors.importing import chunk, slices, writing
from visitors.models import Consent, Contact, Import, Kind, Receipt, Source
from visitors.operations.choice import Said, note_choice
from visitors.operations.contact import add_contact, move_address

PEOPLE = [f"p{n:02}@x.example" for n in range(40)]
TEXT = "email,name\n" + "".join(f"{address},P\n" for address in PEOPLE)


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 10)


@pytest.fixture
def meanwhile(acme, monkeypatch, small_chunks):
    """Let a function work in another connection after the third chunk was looked up."""

    def meanwhile(work):
        stage, staged = writing.stage_people, []

        def interrupted(run, part):
            done = stage(run, part)
            staged.append(part)
            if len(staged) == 3:
                thread = threading.Thread(target=elsewhere)
                thread.start()
                thread.join(10)
                assert not thread.is_alive()
            return done

        def elsewhere():
            with working_for(acme.site.pk):
                work()

        monkeypatch.setattr(writing, "stage_people", interrupted)

    return meanwhile


def known(acme, address, **changes):
    with working_for(acme.site.pk):
        return add_contact(email=address, by=acme.editor, **changes)


def test_numbers_follow_the_file_through_all_chunks(importer, small_chunks):
    run = importer.run(TEXT)
    people = importer.contacts()
    first = people[PEOPLE[0]].number
    assert [people[address].number - first for address in PEOPLE] == [*range(40)]
    assert (run.state, run.created, run.rows) == (Import.State.DONE, 40, 40)


def test_inside_a_transaction_one_writer_does_it_all(importer, acme, small_chunks, monkeypatch):
    """As the demo is made: what its transaction wrote is not there on other connections."""
    monkeypatch.setattr(tasks.run_import, "delay", lambda import_id: None)
    importer.upload(TEXT)
    importer.start(importer.latest())
    with working_for(acme.site.pk):
        here_first = add_contact(email=PEOPLE[25], by=acme.editor)
        slices.work_slice(importer.latest().pk)
    assert importer.latest().created == 39
    assert importer.contacts()[PEOPLE[25]].pk == here_first.pk


def test_an_address_in_two_chunks_is_one_contact(importer, small_chunks):
    text = TEXT + f"{PEOPLE[35]},Later\n{PEOPLE[0]},Latest\n" + "new@x.example,New\n" * 12
    run = importer.run(text)
    people = importer.contacts()
    assert (people[PEOPLE[35]].name, people[PEOPLE[0]].name) == ("Later", "Latest")
    assert (run.created, run.duplicates, len(people)) == (41, 13, 41)


def test_somebody_who_comes_meanwhile_is_known(importer, acme, meanwhile):
    meanwhile(lambda: add_contact(email=PEOPLE[25], name="Here first", by=acme.editor))
    run = importer.run(TEXT)
    assert (run.state, run.created, run.updated) == (Import.State.DONE, 39, 1)
    assert importer.contacts()[PEOPLE[25]].source == Source.OPERATOR


def test_an_address_that_somebody_moves_to_meanwhile_is_known(importer, acme, meanwhile):
    other = known(acme, "other@x.example")
    meanwhile(lambda: move_address(other, email=PEOPLE[25]))
    run = importer.run(TEXT)
    assert (run.state, run.created) == (Import.State.DONE, 39)
    assert importer.contacts()[PEOPLE[25]].pk == other.pk


@pytest.mark.policy("P7.1")
def test_a_no_that_is_said_meanwhile_stands(importer, acme, meanwhile):
    person = known(acme, PEOPLE[25])

    def say_no():
        contact = Contact.objects.select_for_update().get(pk=person.pk)
        said = Said(by=contact, where=Receipt.Where.PREFERENCES)
        assert note_choice(contact, Kind.MARKETING, agreed=False, said=said)

    meanwhile(say_no)
    run = importer.run(TEXT)
    assert (run.state, run.created) == (Import.State.DONE, 39)
    assert importer.contacts()[PEOPLE[25]].consent == Consent.NONE
    assert importer.contacts()[PEOPLE[26]].consent == Consent.DECLARED
