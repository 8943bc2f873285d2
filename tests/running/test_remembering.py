"""What is remembered between two runs: JSON, which can be broken but never runs (P10.1)."""

import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from redis import Redis

from comm100.beat import Schedule
from comm100.celery import app as celery

pytestmark = [pytest.mark.no_db, pytest.mark.policy("P10.1")]
SWEEP = "mail.tasks.sweep"


class Trap:
    """Unpickled, it makes a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self.path,)


def test_the_cache_unpickles_nothing(tmp_path):
    sprung = tmp_path / "sprung"
    server = Redis.from_url(settings.REDIS_URL)
    server.set(cache.make_key("trap"), pickle.dumps(Trap(sprung)))
    with pytest.raises(ValueError, match="decode"):
        cache.get("trap")
    assert not sprung.exists()
    cache.delete("trap")


@pytest.mark.parametrize("value", [0, 7, -1, 1.5, True, None, "y", "12", [1.5, 2.5], {"a": [1]}])
def test_what_the_cache_keeps_comes_back(value):
    cache.set("value", value)
    found = cache.get("value", "nothing")
    assert (found, type(found)) == (value, type(value))
    cache.delete("value")


def test_what_json_cannot_say_is_not_kept():
    cache.set("value", Trap(Path("/nowhere")))
    assert cache.get("value") is None
    cache.delete("value")


def test_numbers_in_the_cache_can_be_counted():
    cache.set("number", 1)
    assert cache.incr("number", 2) == 3
    assert cache.get("number") == 3
    cache.delete("number")


def schedule(path: Path) -> Schedule:
    return Schedule(celery, schedule_filename=str(path))


def test_the_beat_knows_after_a_restart_what_ran_when(tmp_path):
    before = schedule(tmp_path / "beat")
    ran = datetime.now(UTC) - timedelta(hours=3)
    before.schedule[SWEEP].last_run_at = ran
    before.close()

    after = schedule(tmp_path / "beat")
    assert after.schedule[SWEEP].last_run_at == ran
    assert after.schedule[SWEEP].is_due().is_due
    assert set(after.schedule) == set(celery.conf.beat_schedule)


def test_the_beat_forgets_what_is_not_in_the_settings_any_more(tmp_path):
    path = tmp_path / "beat"
    path.write_text('{"gone": "2026-01-01T00:00:00+00:00"}')
    assert "gone" not in schedule(path).schedule


@pytest.mark.parametrize(
    "left",
    [
        b"",
        b"\x00" * 40,
        b"'entries', (0, 3)\n",
        b"[1]",
        b'{"mail.tasks.sweep": 1}',
        b'{"mail.tasks.sweep": "2026-01-01T00:00:00"}',
        b'{"mail.tasks.sweep": "soon"}',
    ],
)
def test_the_beat_starts_with_whatever_a_crash_left_of_its_file(tmp_path, left):
    path = tmp_path / "beat"
    path.write_bytes(left)
    begun = schedule(path)
    ran = begun.schedule[SWEEP].last_run_at
    assert ran
    assert datetime.now(UTC) - ran < timedelta(minutes=1)
    begun.close()
    assert set(schedule(path).schedule) == set(begun.schedule)


def test_the_beat_does_not_run_what_a_file_of_pickles_says(tmp_path):
    path, sprung = tmp_path / "beat", tmp_path / "sprung"
    path.write_bytes(pickle.dumps(Trap(sprung)))
    assert SWEEP in schedule(path).schedule
    assert not sprung.exists()
