"""An import that is interrupted: nothing lost, nothing twice."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from comm100.core.tenancy import chosen_site, working_for
from tests.nights import one_night
from visitors import tasks
from visitors.importing import chunk, slices, writing
from visitors.models import Import

ROWS = 95
TEXT = "email,name\n" + "".join(
    f"p{n}@x.example,P {n}\n" if n % 19 else f"bad {n},x\n" for n in range(ROWS)
)
GOOD = sum(1 for n in range(ROWS) if n % 19)


@pytest.fixture
def slowly(monkeypatch):
    """Chunks of ten rows."""
    monkeypatch.setattr(chunk, "CHUNK_ROWS", 10)


@pytest.fixture
def ready(importer, monkeypatch):
    """An import that is started, and no worker that takes it."""
    monkeypatch.setattr(tasks.run_import, "delay", lambda import_id: None)
    importer.upload(TEXT)
    importer.start(importer.latest())
    monkeypatch.undo()
    return importer.latest()


def work(run, **options):
    with chosen_site(run.site_id):
        return slices.work_slice(run.pk, **options)


def is_whole(importer):
    run = importer.latest()
    assert run.state == Import.State.DONE
    assert (run.created, run.duplicates, run.refused) == (GOOD, 0, ROWS - GOOD)
    assert len(importer.contacts()) == GOOD
    assert len(importer.refused(run)) == 1 + ROWS - GOOD
    return True


def test_slices_follow_each_other(importer, ready, slowly):
    count = 0
    while work(ready, seconds=0):
        count += 1
        assert importer.latest().lines == 1 + 10 * count
    assert is_whole(importer)


def test_a_crash_inside_a_chunk_takes_that_chunk_back(importer, ready, slowly, monkeypatch):
    writes = []

    def write(run, rows, real=writing.write_refused):
        writes.append(len(rows))
        if len(writes) == 3:
            raise ConnectionError("the worker died")
        real(run, rows)

    monkeypatch.setattr(writing, "write_refused", write)
    with pytest.raises(ConnectionError):
        work(ready)
    run = importer.latest()
    assert (run.lines, run.failures) == (21, 1)
    assert len(importer.contacts()) == run.created

    with contextlib.suppress(ConnectionError):
        work(run)
    assert is_whole(importer)


def test_what_fails_three_times_stops_and_can_go_on(importer, ready, slowly, monkeypatch):
    def broken(*_):
        raise ConnectionError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_people", broken)
        for _ in range(3):
            with pytest.raises(ConnectionError):
                work(ready)
    run = importer.latest()
    assert run.state == Import.State.FAILED
    assert "near line 1" in importer.columns(run).content.decode()

    importer.client.post(importer.house.url(f"contacts/imports/{run.number}/start/"))
    assert is_whole(importer)


def test_two_slices_never_run_together(importer, ready, slowly, monkeypatch):
    inside = []
    real = writing.write_people

    def write(run, *rest):
        with contextlib.suppress(Import.DoesNotExist):
            inside.append(importer.latest().lease_until > timezone.now())
        return real(run, *rest)

    monkeypatch.setattr(writing, "write_people", write)
    with working_for(ready.site_id):
        Import.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    assert work(ready) is False
    assert importer.contacts() == {}
    with working_for(ready.site_id):
        Import.objects.update(lease_until=None)
    work(ready)
    assert all(inside)
    assert is_whole(importer)


def test_a_slice_that_lost_its_lease_writes_nothing_more(importer, ready, slowly, monkeypatch):
    real = writing.write_people

    def write(run, *rest):
        written = real(run, *rest)
        if not run.created:
            monkeypatch.setattr(writing, "write_people", real)
        return written

    monkeypatch.setattr(writing, "write_people", write)
    work(ready, seconds=0)
    with working_for(ready.site_id):
        stale = slices._claimed(ready.pk, slices.uuid4())
        assert stale
        Import.objects.update(lease_until=None)
    assert work(ready) is False
    assert is_whole(importer)


def test_cancelling_stops_between_two_chunks_and_keeps_what_is_in(importer, ready, slowly):
    work(ready, seconds=0)
    path = ready.path
    importer.client.post(importer.house.url(f"contacts/imports/{ready.number}/cancellation/"))
    assert work(ready) is False
    run = importer.latest()
    assert run.state == Import.State.CANCELLED
    assert len(importer.contacts()) == run.created == 9
    assert not path.exists()
    assert "was cancelled" in importer.columns(run).content.decode()


def test_the_beat_wakes_what_a_killed_worker_left(importer, ready):
    with working_for(ready.site_id):
        Import.objects.update(lease_until=timezone.now() + timedelta(seconds=60))
    tasks.wake_stale_imports()
    assert importer.contacts() == {}

    with working_for(ready.site_id):
        Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.wake_stale_imports()
    assert is_whole(importer)


KILLED = """
import django, time
django.setup()
from comm100.core.tenancy import chosen_site
from visitors.importing import chunk, slices, writing
chunk.CHUNK_ROWS = 10
real = writing.write_refused
def slow(run, rows):
    real(run, rows)
    print("wrote", flush=True)
    time.sleep(0.2)
writing.write_refused = slow
with chosen_site({site}):
    slices.work_slice({run})
"""


def test_a_killed_process_loses_nothing(importer, ready, slowly):
    code = KILLED.format(site=ready.site_id, run=ready.pk)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "comm100.settings"}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=env)
    assert process.stdout
    for _ in range(3):
        assert process.stdout.readline() == b"wrote\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()

    for _ in range(50):  # until the server noticed that the connection is gone
        run = importer.latest()
        if run.lines == 21:
            break
        time.sleep(0.05)
    assert (run.state, run.lines) == (Import.State.RUNNING, 21)
    with working_for(run.site_id):
        Import.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    tasks.wake_stale_imports()
    assert is_whole(importer)


def test_progress_is_shown_and_can_be_left(importer, ready, slowly):
    work(ready, seconds=0)
    page = importer.columns(ready).content.decode()
    assert "You can leave this page" in page
    part = importer.client.get(
        importer.house.url(f"contacts/imports/{ready.number}/"), headers={"HX-Request": "true"}
    )
    assert part.content.decode().strip().startswith('<div class="stack" id="progress"')
    work(ready)
    over = importer.client.get(
        importer.house.url(f"contacts/imports/{ready.number}/"), headers={"HX-Request": "true"}
    )
    assert over["HX-Refresh"] == "true"


def test_a_lost_file_is_told(importer, ready):
    ready.path.unlink()
    work(ready)
    assert "The uploaded file is gone" in importer.columns(importer.latest()).content.decode()


def test_an_upload_nobody_started_goes_after_a_week(importer):
    importer.upload(TEXT)
    run = importer.latest()
    with working_for(run.site_id):
        Import.objects.update(created_at=timezone.now() - timedelta(days=8))
    one_night()
    assert importer.latest().state == Import.State.CANCELLED
    assert not run.path.exists()


def test_an_upload_that_a_crash_left_behind_goes_after_a_day(importer, ready):
    lost = ready.path.with_name("lost.csv")
    for path in (lost, ready.path, ready.path.with_name("new.csv")):
        path.touch()
        if path.name != "new.csv":
            os.utime(path, (0, 0))
    tasks.sweep_lost_uploads()
    assert not lost.exists()
    assert ready.path.exists()
    assert ready.path.with_name("new.csv").exists()
