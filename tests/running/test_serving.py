"""`bin/serve` for real: from the tree, in a data folder and on a port of its own.

Two starts in all, because they are slow: the tests of this file follow one another.
"""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import psutil
import psycopg2
import pytest

from comm100.embedded import ROOT
from comm100.embedded.place import MARK

pytestmark = pytest.mark.no_db
READY = re.compile(r"^ready (http://127\.0\.0\.1:(\d+)/) \((\d+\.\d) s\)$", re.MULTILINE)
START_SECONDS, STOP_SECONDS = 90, 10


def clean_environment() -> dict[str, str]:
    """Without the servers and settings of this test run."""
    ours = {"DATABASE_URL", "REDIS_URL", "SMTP_URL", "DJANGO_SETTINGS_MODULE", "COMM100_SERVE"}
    return {
        name: value
        for name, value in os.environ.items()
        if name == "COMM100_VENV" or (name not in ours and not name.startswith("COMM100_"))
    }


@dataclass
class Running:
    process: "subprocess.Popen[str]"
    log: Path
    data: Path
    url: str = ""
    port: str = ""

    def said(self) -> str:
        return self.log.read_text()

    def get(self, path: str) -> tuple[int, bytes]:
        with urlopen(self.url + path, timeout=20) as answer:
            return answer.status, answer.read()

    def children(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def told(self) -> dict[str, str]:
        return dict(json.loads((self.data / "run.json").read_text())["env"])

    def ask(self, sql: str) -> Any:
        connection = psycopg2.connect(self.told()["DATABASE_URL"])
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            found = cursor.fetchall() if cursor.description else None
        connection.close()
        return found


def serve(data: Path, *arguments: str) -> Running:
    log = data.parent / f"{time.monotonic_ns()}.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [ROOT / "bin" / "serve", "--data", data, "--no-demo", *arguments],
            env=clean_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
        )
    return Running(process, log, data)


def wait_ready(running: Running) -> Running:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and running.process.poll() is None:
        found = READY.search(running.said())
        if found:
            running.url, running.port = found[1], found[2]
            return running
        time.sleep(0.1)
    raise AssertionError(running.said())


def wait_for(question: Any, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def left_behind(data: Path) -> list[str]:
    """Processes of this data folder that live."""
    found = []
    for process in psutil.process_iter():
        try:
            postgres = process.name() == "postgres"
            of = process.cwd() if postgres else process.environ().get(MARK, "")
            if of.startswith(str(data)) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("serving")
    for parent in (folder, folder.parent, folder.parent.parent):
        parent.chmod(0o755)  # PostgreSQL may run as another user
    return folder / "data"


@pytest.fixture(scope="module")
def running(data: Path) -> Iterator[Running]:
    first = serve(data, "--port", "0")
    try:
        yield wait_ready(first)
    finally:
        if first.process.poll() is None:
            first.process.terminate()
            first.process.wait(STOP_SECONDS + 5)


def test_it_tells_when_every_process_answers(running):
    told = json.loads(running.get("health/")[1])
    assert told["ok"] is True
    assert set(told["probe_seconds"]) == {"transactional", "marketing"}


@pytest.mark.parametrize(
    "path", ["", "account/login/", "account/signup/", "contact/", "letterbox/", "styleguide/"]
)
def test_its_pages_answer(running, path):
    assert running.get(path)[0] == 200


def test_its_secrets_are_for_its_owner_only(running):
    for name in ("secret_key", "run.json", "valkey/valkey.conf"):
        assert (running.data / name).stat().st_mode & 0o077 == 0


POST = "POST /contact/ HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HIDDEN = "GET /hidden HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
AMBIGUOUS = {
    "two lengths": f"Content-Length: 0\r\nContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "two lengths in one": f"Content-Length: 0, {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a length with a sign": f"Content-Length: +{len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a length beside chunks": f"Content-Length: {len(HIDDEN) + 5}\r\n"
    f"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "chunks within something": f"Transfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n{HIDDEN}",
    "chunks misspelt": f"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n{HIDDEN}",
    "a space before the colon": f"Content-Length : {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a folded header": f"X-A: b\r\n Content-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a bare end of line": f"X-A: b\rContent-Length: {len(HIDDEN)}\r\n\r\n{HIDDEN}",
    "a chunk of no size": f"Transfer-Encoding: chunked\r\n\r\n-1\r\n{HIDDEN}",
}


@pytest.mark.parametrize("how", AMBIGUOUS)
def test_a_request_whose_end_is_in_doubt_hides_no_other(running, how):
    with socket.create_connection(("127.0.0.1", int(running.port)), timeout=10) as connection:
        connection.sendall((POST + AMBIGUOUS[how]).encode())
        connection.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    found = re.findall(rb"^HTTP/1\.1 (\d+)", answers, re.MULTILINE)
    assert found in ([b"400"], [b"422"])  # the form without its fields, and the line is closed


def test_a_second_one_on_the_same_data_says_so_and_ends(running):
    second = serve(running.data, "--port", "0")
    assert second.process.wait(20) == 1
    assert f"in use by process {running.process.pid}" in second.said()


def test_a_second_one_on_the_same_port_says_so_and_ends(running):
    second = serve(running.data.parent / "other", "--port", running.port)
    assert second.process.wait(20) == 1
    assert f"Port {running.port} cannot be used" in second.said()


def test_manage_reaches_what_runs(running):
    command = [ROOT / "bin" / "manage", "--data", running.data, "check", "--database", "default"]
    done = subprocess.run(
        command, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


SERVED = """SELECT pid FROM pg_stat_activity WHERE usename = 'comm100_post'
  AND query_start > backend_start + interval '4 seconds'"""  # by another task than it was made by
AT_WORK = """SELECT pid FROM pg_stat_activity WHERE usename = 'comm100_post'
  AND (state <> 'idle' OR state_change > now() - interval '2 seconds')"""
BREAK_ALL = """WITH found AS MATERIALIZED (
  SELECT pid FROM pg_stat_activity WHERE usename = 'comm100_post'
) SELECT pid FROM found WHERE pg_terminate_backend(pid, 5000)"""


def test_tasks_keep_their_connections_and_replace_those_that_broke(running):
    """A new connection costs the database more than most tasks do. They are broken between
    tasks, while beat is held: in the middle of one, it may well say so."""
    wait_for(lambda: running.ask(SERVED))
    beat = next(p for p in running.children() if "beat" in p.cmdline())
    beat.suspend()
    try:
        wait_for(lambda: not running.ask(AT_WORK))
        broken = {*running.ask(BREAK_ALL)}
    finally:
        beat.resume()
    assert broken
    wait_for(lambda: {*running.ask(SERVED)} - broken)
    assert not re.search(r"^worker-\w+ +\| .*(Error|terminating)", running.said(), re.MULTILINE)


def test_a_crashed_child_is_told_and_started_again(running):
    worker = next(p for p in running.children() if "marketing@%h" in p.cmdline())
    worker.kill()
    wait_for(lambda: "worker-marketing     | killed by SIGKILL" in running.said())
    wait_for(lambda: any("marketing@%h" in p.cmdline() for p in running.children()))


def test_after_a_kill_of_everything_it_starts_again_with_its_data(running):
    running.ask("CREATE TABLE kept AS SELECT 42 AS answer")
    everything = [*running.children(), psutil.Process(running.process.pid)]
    for process in everything:
        process.kill()
    running.process.wait(5)
    again = wait_ready(serve(running.data, "--port", running.port))
    running.process, running.log = again.process, again.log
    running.url, running.port = again.url, again.port
    assert running.ask("SELECT answer FROM kept") == [(42,)]
    assert json.loads(running.get("health/")[1])["ok"] is True


def test_term_ends_it_within_ten_seconds_and_nothing_is_left(running):
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(STOP_SECONDS) == 0
    assert left_behind(running.data) == []
    assert not (running.data / "run.json").exists()
