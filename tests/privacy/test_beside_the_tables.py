"""What stands beside the tables is declared on the data map; what is declared is what happens."""

import os
import time
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.test import Client

from comm100.core.retention import rules
from comm100.core.storage import drop_unfinished
from comm100.core.stores import every_store, keep_beside, store_of, tells_of_nobody
from comm100.embedded import valkey
from comm100.embedded.children import Child, wait_ready
from privacy.datamap import beside
from tests.conftest import PASSWORD
from tests.sweep import places
from tests.visitors.browsing import choose, move, tell
from visitors import tasks
from visitors.visits import buffer

IP, NETWORK = "203.0.113.77", "2001:db8:7:7:"
ADDRESS = "canary5f2@persons.example"
WAITING = "visitors.waiting_events"


@pytest.fixture
def valkey_of_ours():
    server = redis.Redis.from_url(os.environ["REDIS_URL"])
    server.flushdb()
    yield server
    server.close()


def used(house, company):
    """The product at work, as far as it counts, remembers or hands on anything."""
    browser = Client(REMOTE_ADDR=IP, HTTP_USER_AGENT="Mozilla/5.0 Firefox/133.0")
    browser.post("/account/login/", {"login": ADDRESS, "password": "wrong"})
    browser.post("/account/password/reset/", {"email": ADDRESS})
    browser.post("/account/signup/", {"email": ADDRESS, "password1": PASSWORD})
    said = {"web_url": "https://x.example", "message": "Hello, is anybody there?"}
    assert browser.post("/contact/", {"name": "N", "email": ADDRESS, **said}).status_code == 302
    browser.post(house.public_url("your-data/"), {"email": ADDRESS})
    choose(browser, "accept")
    tell(browser, house, v=f"{'A' * 22}.s", p="https://acme.example/bikes")
    browser.get("/", REMOTE_ADDR=f"{NETWORK}:1")


@pytest.mark.policy("P2.4", "P3.1")
def test_every_key_of_valkey_is_declared_and_has_an_end(acme, company, valkey_of_ours, sign_in):
    sign_in(acme.owner).get(acme.url())
    used(acme, company)
    seen = set()
    for key in map(bytes.decode, valkey_of_ours.scan_iter()):
        store = store_of(key)
        assert store or tells_of_nobody(key), key
        seen.add(store.key if store else "")
        if store and store.keeps:
            assert 0 < valkey_of_ours.ttl(key) <= store.keeps.total_seconds(), key
    assert {"core.counters", "visitors.counters", WAITING, "website.double_clicks"} <= seen
    move()
    assert not valkey_of_ours.xlen(buffer.stream())


@pytest.mark.policy("P2.4")
def test_neither_ip_nor_address_stands_in_a_key_or_a_value_but_in_a_visit_on_its_way(
    acme, company, valkey_of_ours
):
    used(acme, company)
    for key in valkey_of_ours.scan_iter():
        store = store_of(key.decode())
        if store is None or store.key != WAITING:
            told = key + repr(valkey_of_ours.dump(key)).encode()
            assert not [word for word in (IP, ADDRESS, NETWORK) if word.encode() in told], key


def test_what_is_deleted_goes_from_the_file_of_valkey_too(tmp_path, monkeypatch, acme):
    """Dropped events stand in the append-only file until it is written anew."""
    recipe, url = valkey.recipe(tmp_path / "valkey", durable=True)
    child = Child(recipe)
    try:
        assert wait_ready(child, 20)
        server = redis.Redis.from_url(url)
        monkeypatch.setattr(buffer, "server", lambda: server)
        monkeypatch.setattr(buffer, "_keep", lambda: server.register_script(buffer.KEEP))
        buffer.keep(buffer.Happened(acme.site.pk, "/bikes", key=b"1", ip=IP), told_by=IP)
        move()
        assert server.xlen(buffer.stream()) == 0
        assert stands_in_files(tmp_path)
        tasks.write_buffer_anew()
        eventually(lambda: not stands_in_files(tmp_path))
        server.close()
    finally:
        child.stop()


def stands_in_files(folder):
    files = [path for path in (folder / "valkey").rglob("*") if path.is_file()]
    return any(IP.encode() in content_of(path) for path in files)


def content_of(path):
    """Nothing of one that was renamed while we looked: the next look finds it under its name."""
    with suppress(FileNotFoundError):
        return path.read_bytes()
    return b""


def eventually(is_so):
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.policy("P3.1")
def test_the_map_tells_of_each_store_where_how_long_and_how_it_ends(client, company):
    page = client.get("/privacy/data-map/").content.decode()
    data = client.get("/privacy/data-map.json").json()["beside_the_tables"]
    told = {one["store"]: one for one in data}
    for store in every_store():
        shown = told[store.key]
        assert [name for name, said in shown.items() if not said] == [], store.key
    for one in beside():
        assert f'id="{one.id}"' in page
        assert one.title in page
    assert {"core.backups", "core.logs", "visitors.copies", "operators.copies"} <= set(told)


@pytest.mark.no_db
def test_a_file_stays_as_long_as_the_rule_of_its_row_says():
    """The nights delete the files: store and rule say the same time."""
    keeps = {rule.key: rule.keeps for rule in rules()}
    for key in ("visitors.uploads", "visitors.copies", "privacy.copies", "operators.copies"):
        (store,) = [one for one in every_store() if one.key == key]
        assert store.keeps == keeps[key], key


@pytest.mark.no_db
def test_a_store_says_how_long_and_once():
    (logs,) = [one for one in every_store() if one.key == "core.logs"]
    with pytest.raises(ValueError, match="how long"):
        keep_beside(replace(logs, key="x", until=""))
    with pytest.raises(ValueError, match="registered twice"):
        keep_beside(logs)
    both = replace(logs, until="it is read", keeps=timedelta(hours=36))
    assert both.kept == "Until it is read; at most 36 hours."
    assert replace(logs, until="", keeps=timedelta(seconds=20)).kept == "At most 20 seconds."


def test_an_upload_that_a_crash_cut_off_is_dropped_after_a_day(acme):
    left, young = (settings.MEDIA_ROOT / f"tmp{n}.upload.csv" for n in ("old", "new"))
    for path in (left, young):
        path.write_text(ADDRESS)
    os.utime(left, (0, 0))
    tasks.sweep_lost_uploads()
    assert not left.exists()
    assert young.exists()
    drop_unfinished(seconds=-1)


def test_the_database_does_not_write_down_what_it_was_asked(acme):
    """A statement that fails holds what people wrote; its log tells only that it failed."""
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO visitors_contact (email) VALUES (%s)", [ADDRESS])
    assert not [place for place in places(ADDRESS) if place.endswith(".log")]
