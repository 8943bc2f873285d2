"""No bytes make the reader of mail fail or work much: cut, flipped, spliced, hostile mails."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mail.reading import read_mail
from mail.reading.command import main
from mail.reading.kinds import _read
from mail.reading.reasons import REASONS
from tests.work import an_end, calls

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "bounces"
MAILS = [path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))]
KINDS = {"bounce", "complaint", "auto_reply", "unsubscribe", "reply", "broken"}
ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}
often = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
pytestmark = pytest.mark.no_db


def read_whatever(raw):
    """`_read` raises what `read_mail` would hide."""
    with an_end():
        reading = _read(raw)
    assert reading.kind in KINDS
    for one in reading.recipients:
        assert one.reason in REASONS
        assert one.action in ACTIONS
        assert "@" in one.address
    return reading


@pytest.fixture(scope="module", autouse=True)
def _warm():
    for raw in MAILS:
        read_mail(raw)


@often
@given(st.sampled_from(MAILS), st.data())
def test_a_mail_may_end_anywhere(raw, data):
    read_whatever(raw[: data.draw(st.integers(0, len(raw)))])


@often
@given(
    st.sampled_from(MAILS), st.lists(st.tuples(st.integers(0), st.binary(max_size=8)), max_size=30)
)
def test_bytes_may_be_flipped(raw, flips):
    mail = bytearray(raw)
    for at, replacement in flips:
        place = at % (len(mail) or 1)  # one of them is empty
        mail[place : place + len(replacement)] = replacement
    read_whatever(bytes(mail))


@often
@given(st.sampled_from(MAILS), st.sampled_from(MAILS), st.data())
def test_mails_may_be_spliced(one, other, data):
    cut = one[: data.draw(st.integers(0, len(one)))]
    read_whatever(cut + other[data.draw(st.integers(0, len(other))) :])


@often
@given(st.binary(max_size=3000))
def test_any_bytes_are_read(raw):
    read_whatever(raw)


@often
@given(st.sampled_from(MAILS), st.randoms(use_true_random=False))
def test_lines_may_come_in_any_order(raw, shuffler):
    lines = raw.split(b"\n")
    shuffler.shuffle(lines)
    read_whatever(b"\n".join(lines))


HEAD = b"From: MAILER-DAEMON@x.example\nTo: b@y.example\nSubject: Undelivered Mail\n"
TYPED = HEAD + b"Content-Type: multipart/mixed; boundary=b\n"
HOSTILE = {
    "one endless line": HEAD + b"\n" + b"a" * 3_000_000,
    "only ats": HEAD + b"\n" + b"@" * 1_000_000,
    "only opening brackets": HEAD + b"\n" + b"<" * 1_000_000,
    "address after address": HEAD + b"\n" + b"cat@dest.example " * 60_000,
    "a line an address": HEAD + b"\n" + b"<cat@dest.example>:\n" * 50_000,
    "dots": HEAD + b"\n" + b"a." * 300_000 + b"@" + b"a." * 300_000,
    "half an address": HEAD + b"\n" + (b"a" * 60 + b"@" + b"b-" * 60 + b" ") * 5_000,
    "blanks": HEAD + b"\n" + b" " * 1_000_000 + b"cat@dest.example",
    "dashes": HEAD + b"\n" + b"-" * 1_000_000,
    "one endless header": HEAD + b"X: " + b"y" * 2_000_000 + b"\n\nhi",
    "headers without end": HEAD + b"X-A: b\n" * 100_000,
    "folds without end": HEAD + b"X-A: b\n" + b" c\n" * 200_000,
    "parts without end": TYPED + b"\n" + b"--b\n\nx\n" * 100_000,
    "odd boundary": HEAD + b'Content-Type: multipart/mixed; boundary="((.*.*"\n\n--((.*.*\n\nx',
    "mails in mails": HEAD + b"Content-Type: message/rfc822\n\n" * 30_000,
    "multiparts in multiparts": TYPED + b"\n" + b"".join(
        b"--b\nContent-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)
    ),
    "tags": HEAD + b"Content-Type: text/html\n\n" + b"<a <b <style <script " * 30_000,
    "comments": HEAD + b"Content-Type: text/html\n\n" + b"<!--" * 100_000,
    "encoded words": HEAD + b"From: " + b"=?utf-8?q?a?= " * 20_000 + b"\n\nx",
    "comments in addresses": b"From: " + b"(" * 50_000 + b"\nTo: " + b"(a" * 50_000 + b"\n\nx",
    "json": HEAD + b'\n{"notificationType":' + b"[" * 200_000,
    "fields": HEAD + b"\n" + b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 20_000,
    "nulls": b"\0" * 1_000_000,
    "nothing": b"",
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mails_are_work_that_grows_with_their_length_alone(name):
    read_whatever(HOSTILE[name])
    assert calls(_read, HOSTILE[name]) < 5_000 + 2 * len(HOSTILE[name])


def test_ten_megabytes_are_read_by_their_head():
    line = b"A" * 76 + b"\n"
    bounce = (FOLDER / "qmail-local.eml").read_bytes() + line
    reading = read_whatever(bounce + line * 130_000)
    assert [one.address for one in reading.recipients] == ["cat@dest.example"]
    assert calls(_read, bounce + line * 130_000) - calls(_read, bounce + line * 26_000) < 100


def test_the_command_says_a_line_a_file_and_never_fails(tmp_path, capsys):
    junk = tmp_path / "junk.eml"
    junk.write_bytes(random.Random(4).randbytes(5000))
    files = [FOLDER / "qmail-local.eml", junk, tmp_path / "missing.eml", tmp_path]
    assert main([str(path) for path in files]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(path) for path in files]
    assert lines[0]["kind"] == "bounce"
    assert lines[0]["recipients"] == [
        {
            "address": "cat@dest.example",
            "action": "failed",
            "status": "5.1.1",
            "reply_code": "",
            "reason": "user_unknown",
            "hard": True,
        }
    ]
    assert [line["kind"] for line in lines[2:]] == ["broken", "broken"]
    assert all(line["error"] for line in lines[2:])


def test_the_command_needs_neither_settings_nor_services():
    command = [sys.executable, "manage.py", "classify_mail", str(FOLDER / "arf.eml")]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, check=True, timeout=20)
    assert json.loads(done.stdout)["kind"] == "complaint"
