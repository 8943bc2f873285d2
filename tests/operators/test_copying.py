"""An owner takes a copy of the whole site along: complete, of no other site, of one moment."""

import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from comm100.core import archive
from comm100.core.journal import record
from comm100.core.models import JournalEntry
from comm100.core.storage import site_path
from comm100.core.tenancy import one_moment, working_for
from operators import tasks
from operators.copying import sources, steps
from operators.models import SiteCopy
from tests.conftest import PASSWORD
from tests.nights import one_night
from tests.operators.test_closing import as_administrator, close
from tests.planting import CANARY, plant
from visitors import tasks as visitor_tasks
from visitors.models import Contact, ContactEvent

COPIES = "settings/copy/"
THEIRS = "theirs9a"


def ask(house, client):
    return client.post(house.url(COPIES), {"password": PASSWORD})


def fetch(house, client, number=1, password=PASSWORD):
    return client.post(house.url(f"{COPIES}{number}/file/"), {"password": password})


def opened(answer) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def copies(house):
    with working_for(house.site.pk):
        return list(SiteCopy.objects.order_by("number"))


def lines(found, name):
    return [json.loads(line) for line in found.read(name).splitlines()]


def media(house, text):
    path = Path(settings.MEDIA_ROOT) / site_path(house.site.pk, "imports", ".csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


@pytest.mark.policy("P10.4")
def test_a_copy_holds_everything_of_the_site_and_nothing_of_another(
    acme, rival, sign_in, post_office
):
    plant(acme.site, 31)
    plant(rival.site, 31, THEIRS)
    media(acme, f"{CANARY} in a file")
    media(rival, THEIRS)
    owner = sign_in(acme.owner)
    assert ask(acme, owner).status_code == 302
    answer = fetch(acme, owner)
    assert "no-store" in answer["Cache-Control"]
    found = opened(answer)
    assert found.testzip() is None
    everything = b"".join(found.read(name) for name in found.namelist())
    assert THEIRS.encode() not in everything
    assert THEIRS.encode().hex().encode() not in everything
    assert rival.owner.user.email.encode() not in everything

    manifest = json.loads(found.read("manifest.json"))
    for file in manifest["files"]:
        content = found.read(file["name"])
        assert (len(content), sha256(content).hexdigest()) == (file["bytes"], file["sha256"])
    for model in sources.copied_models():
        name = f"tables/{model._meta.db_table}.jsonl"
        rows, hidden = lines(found, name), set(model.hidden_from_staff)
        with working_for(acme.site.pk):
            there = set(model._default_manager.values_list("pk", flat=True))
        assert {row["id"] for row in rows} <= there
        assert model is SiteCopy or len(rows) == len(there) or "mail_outbox" in name
        assert all(row["site_id"] == acme.site.pk and not hidden & set(row) for row in rows)
    assert {"ann@acme.example", "ed@acme.example"} < {
        row["email"] for row in lines(found, "operators.jsonl")
    }
    (name,) = [name for name in found.namelist() if name.startswith("media/")]
    assert found.read(name).decode() == f"{CANARY} in a file"
    post_office.deliver()
    (letter,) = post_office.to(acme.owner.user.email)
    assert copies(acme)[0].digest in letter.text


def test_the_journal_in_a_copy_can_be_checked_with_python_alone(acme, sign_in, tmp_path):
    owner = sign_in(acme.owner)
    ask(acme, owner)
    opened(fetch(acme, owner)).extractall(tmp_path)
    for program in ([str(tmp_path / "verify_journal.py")], ["-m", "comm100.core.chain"]):
        command = [sys.executable, *program, "verify", str(tmp_path / "journal.jsonl")]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        assert told.returncode == 0, told.stdout + told.stderr
        assert "The chain is whole" in told.stdout
    with working_for(acme.site.pk):
        actions = list(JournalEntry.objects.order_by("seq").values_list("action", flat=True))
    assert actions[-3:] == ["copy.asked", "site.copied", "copy.downloaded"]


def test_only_an_owner_with_the_password_gets_it(acme, sign_in):
    owner = sign_in(acme.owner)
    assert owner.post(acme.url(COPIES), {"password": "no"}).status_code == 422
    ask(acme, owner)
    assert fetch(acme, owner, password="no").status_code == 422
    for who in (acme.admin, acme.editor, acme.reader):
        assert sign_in(who).get(acme.url(COPIES)).status_code == 403
        assert fetch(acme, sign_in(who)).status_code == 403


def test_a_site_that_closes_can_be_taken_along(acme, sign_in):
    owner = sign_in(acme.owner)
    close(acme, owner)
    ask(acme, owner)
    assert opened(fetch(acme, owner)).testzip() is None


def events(house, how_many):
    with working_for(house.site.pk):
        ContactEvent.objects.bulk_create(
            [
                ContactEvent(site=house.site, contact=house.customer, kind="x", text=f"no. {n}")
                for n in range(how_many)
            ]
        )


def small_pieces(monkeypatch):
    monkeypatch.setattr(sources, "BYTES", 500)
    monkeypatch.setattr(sources, "ROWS", 3)


def cut_off(house, owner, monkeypatch, member, piece=4) -> SiteCopy:
    """Killed in the midst of a member, after bytes were written that nothing was committed of."""
    real, pieces = archive.Archive.add, iter(range(1000))

    def until_the_power_is_cut(self, data, **facts):
        real(self, data, **facts)
        if self.ledger.opened.name.endswith(member) and next(pieces) == piece:
            self.file.flush()
            raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(tasks.make_copy, "delay", lambda copy_id: None)
        ask(house, owner)
        patch.setattr(archive.Archive, "add", until_the_power_is_cut)
        with pytest.raises(SystemExit):
            steps.work_on_copy(house.site.pk, copies(house)[0].pk, seconds=60)
    return copies(house)[0]


def a_minute_later():
    as_administrator("UPDATE operators_sitecopy SET moved_at = now() - interval '2 minutes'")
    tasks.wake_copies()


def texts_in(found):
    return [row["text"] for row in lines(found, "tables/visitors_contactevent.jsonl")]


def test_a_copy_that_is_killed_in_its_moment_begins_anew(acme, sign_in, monkeypatch):
    """What was read belongs to a moment that is over; nothing of it is used or left behind."""
    events(acme, 40)
    small_pieces(monkeypatch)
    owner = sign_in(acme.owner)
    copy = cut_off(acme, owner, monkeypatch, "contactevent.jsonl")
    assert copy.is_running
    assert not copy.ledger
    page = owner.get(acme.url(COPIES)).content.decode()
    rows, total = steps.progress_of(copy)
    assert 0 < rows < total
    assert f"{rows} of {total} rows" in page
    assert "Make a copy" not in page
    assert ask(acme, owner).status_code == 422  # one at a time
    tasks.wake_copies()  # not yet: it may be at work
    assert copies(acme)[0].is_running
    events(acme, 2)
    a_minute_later()
    found = opened(fetch(acme, owner))
    assert found.testzip() is None
    assert texts_in(found) == [f"no. {n}" for n in [*range(40), 0, 1]]
    assert len(files_of(acme)) == 1


def files_of(house):
    return list(Path(settings.MEDIA_ROOT).glob(f"sites/{house.site.pk}/copies/*"))


def test_a_copy_that_is_killed_among_its_files_goes_on_there(acme, sign_in, monkeypatch):
    events(acme, 40)
    small_pieces(monkeypatch)
    media(acme, "0123456789" * 400)
    owner = sign_in(acme.owner)
    copy = cut_off(acme, owner, monkeypatch, ".csv")
    assert copy.is_running
    assert copy.rows == copy.total_rows
    events(acme, 2)  # after the moment
    a_minute_later()
    found = opened(fetch(acme, owner))
    assert found.testzip() is None
    assert texts_in(found) == [f"no. {n}" for n in range(40)]
    (name,) = [name for name in found.namelist() if name.startswith("media/")]
    assert found.read(name).decode() == "0123456789" * 400
    assert len(files_of(acme)) == 1


def test_files_are_cut_into_tasks(acme, sign_in, monkeypatch):
    small_pieces(monkeypatch)
    media(acme, "0123456789" * 1000)
    monkeypatch.setattr(tasks.make_copy, "delay", lambda copy_id: None)
    owner = sign_in(acme.owner)
    ask(acme, owner)
    (copy,) = copies(acme)
    slices = 0
    while steps.work_on_copy(acme.site.pk, copy.pk, seconds=-1.0):
        slices += 1
    assert slices > 20
    assert opened(fetch(acme, owner)).testzip() is None


def test_all_tables_are_of_one_moment(acme, sign_in, monkeypatch):
    """Somebody joins a list, another one is deleted with all that hangs on them, the journal goes
    on, while the copy is read: in the copy each refers to what is there, too."""
    events(acme, 3)
    real = steps._write

    def with_a_write_in_between(file, source):
        written = real(file, source)
        if source.name == "tables/visitors_contact.jsonl" and not written:
            others_write(acme)
        return written

    monkeypatch.setattr(steps, "_write", with_a_write_in_between)
    owner = sign_in(acme.owner)
    ask(acme, owner)
    monkeypatch.undo()
    found = opened(fetch(acme, owner))
    contacts = {row["id"] for row in lines(found, "tables/visitors_contact.jsonl")}
    assert contacts == {acme.customer.pk}
    assert len(texts_in(found)) == 3
    assert {
        row["contact_id"] for row in lines(found, "tables/visitors_contactevent.jsonl")
    } == contacts
    assert "something.else" not in {row["action"] for row in lines(found, "journal.jsonl")}
    with working_for(acme.site.pk):
        assert not ContactEvent.objects.filter(contact=acme.customer).exists()
        assert Contact.objects.get().name == "Newcomer"


def others_write(house):
    """In a connection of its own, committed at once."""

    def write():
        with working_for(house.site.pk):
            ContactEvent.objects.all().delete()
            Contact.objects.all().delete()
            new = Contact(site=house.site, number=99, name="Newcomer", source=1)
            new.set_email("new@people.example")
            new.save()
            ContactEvent.objects.create(site=house.site, contact=new, kind="x", text="joined")
            record("something.else", by="system")
        connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


def test_while_a_copy_is_being_read_another_task_leaves_it_alone(acme, sign_in, monkeypatch):
    """The beat wakes what did not move for a minute; a moment may take longer than that."""
    real = steps._write
    seen: list[tuple[bool, int]] = []

    def woken(file, source):
        if source.name == "site.json":
            thread = threading.Thread(target=another_task, args=(acme, seen))
            thread.start()
            thread.join()
        return real(file, source)

    monkeypatch.setattr(steps, "_write", woken)
    owner = sign_in(acme.owner)
    ask(acme, owner)
    assert seen == [(False, 1)]
    assert opened(fetch(acme, owner)).testzip() is None
    assert len(files_of(acme)) == 1


def another_task(house, seen):
    left = steps.work_on_copy(house.site.pk, copies(house)[0].pk, seconds=60)
    seen.append((left, len(files_of(house))))
    connection.close()


def test_a_moment_takes_a_transaction_of_its_own_and_writes_nothing(acme):
    with transaction.atomic(), pytest.raises(RuntimeError, match="of its own"), one_moment():
        pass
    with pytest.raises(DatabaseError, match="read-only"), one_moment(), working_for(acme.site.pk):
        ContactEvent.objects.create(site=acme.site, contact=acme.customer, kind="x", text="x")


def test_a_copy_stays_its_week_and_what_a_crash_left_goes_the_next_night(acme, sign_in):
    """The sweep for copies of contacts does not take it, either."""
    owner = sign_in(acme.owner)
    ask(acme, owner)
    (path,) = files_of(acme)
    lost = path.with_name("0" * 32 + ".zip")
    lost.write_bytes(b"lost")
    for one in (path, lost):
        os.utime(one, (0, 0))
    visitor_tasks.sweep_lost_copies()
    tasks.sweep_lost_copies()
    assert not lost.exists()
    assert opened(fetch(acme, owner)).testzip() is None


def test_what_cannot_be_made_is_given_up_after_some_tries(acme, sign_in, monkeypatch, caplog):
    def full(*_):
        raise OSError(28, "the disk is full")

    monkeypatch.setattr(archive.Archive, "begin", full)
    owner = sign_in(acme.owner)
    ask(acme, owner)
    for _ in range(SiteCopy.MOST_FAILURES):
        as_administrator("UPDATE operators_sitecopy SET moved_at = now() - interval '2 minutes'")
        tasks.wake_copies()
    (copy,) = copies(acme)
    assert (copy.state, copy.stored_as) == (SiteCopy.State.FAILED, "")
    assert "It could not be made" in owner.get(acme.url(COPIES)).content.decode()
    assert "the disk is full" in caplog.text
    assert fetch(acme, owner).status_code == 404


@pytest.mark.policy("P3.4")
def test_after_a_week_the_file_is_gone(acme, sign_in):
    owner = sign_in(acme.owner)
    ask(acme, owner)
    path = Path(settings.MEDIA_ROOT) / copies(acme)[0].stored_as
    assert path.exists()
    with working_for(acme.site.pk):
        SiteCopy.objects.update(finished_at=timezone.now() - timedelta(days=8))
    one_night()
    assert not path.exists()
    assert fetch(acme, owner).status_code == 404
    page = owner.get(acme.url(COPIES)).content.decode()
    assert "Its week is over, the file is deleted" in page


@pytest.mark.no_db
def test_an_archive_that_was_changed_is_refused(tmp_path):
    path, ledger = tmp_path / "a.zip", archive.Ledger()
    with archive.Archive(path, ledger) as file:
        file.begin("one.txt")
        file.add(b"hello" * 100)
        file.file.seek(60)
        file.file.write(b"????")
        with pytest.raises((archive.Broken, Exception)):
            file.close()
    path.write_bytes(b"")
    with pytest.raises(archive.Broken, match="shorter than it was"):
        archive.Archive(path, ledger)
