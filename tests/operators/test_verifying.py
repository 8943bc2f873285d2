"""A downloaded journal is checked without us: whoever changed it later is found out (P9.3)."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comm100.core.chain import seal_of
from comm100.core.journal import record
from comm100.core.models import JournalHead
from comm100.core.tenancy import working_for

ROOT = Path(__file__).parent.parent.parent
pytestmark = pytest.mark.policy("P9.3")


@pytest.fixture
def sealed(acme, sign_in, tmp_path) -> Path:
    """What the site downloads; with all that JSON and PostgreSQL may write differently."""
    odd = {"ü": 'Grüße\t"\\ \u2028 \x7f', "b": [1, 2.50, 1e21, None, True], "aa": {}, "": -0.0}
    with working_for(acme.site.pk):
        record("kite.flown", acme.customer, by=acme.editor, odd=odd, Z=10**30)
        record("kite.landed", by=acme.editor, height=1)
    answer = sign_in(acme.owner).get(acme.url("journal/sealed/"))
    file = tmp_path / "journal.jsonl"
    file.write_bytes(b"".join(answer.streaming_content))
    return file


def verify(file: Path, *more: str) -> tuple[int, str]:
    """As a customer does: no database, no settings, no services."""
    command = [sys.executable, str(ROOT / "manage.py"), "journal", "verify", str(file), *more]
    env = {"PATH": os.environ["PATH"]}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


def head_of(house: Any) -> str:
    with working_for(house.site.pk):
        return bytes(JournalHead.objects.get().hash).hex()


def entries_of(file: Path) -> list[Any]:
    return [json.loads(line) for line in file.read_text().split("\n") if line]


def lines_of(file: Path) -> list[str]:
    return [line + "\n" for line in file.read_text().split("\n") if line]


def test_a_download_is_checked_offline_and_its_head_is_the_one_of_the_site(acme, sealed):
    code, said = verify(sealed, "--head", head_of(acme))
    assert code == 0, said
    assert "The chain is whole" in said
    assert f"Head: entry {entries_of(sealed)[-1]['seq']}, {head_of(acme)}" in said
    assert [e["action"] for e in entries_of(sealed)][-1] == "journal.exported"


def test_bin_manage_checks_without_starting_anything(sealed, tmp_path):
    """No folder for data is made, and no server starts."""
    nowhere = tmp_path / "nowhere"
    command = [sys.executable, "-m", "comm100.embedded.manage", "--data", str(nowhere)]
    env = {"PATH": os.environ["PATH"]}
    command += ["journal", "verify", str(sealed)]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, check=False)
    assert done.returncode == 0
    assert b"The chain is whole" in done.stdout
    assert not nowhere.exists()


def test_the_table_for_people_is_checked_too_whichever_end_comes_first(acme, sign_in, tmp_path):
    answer = sign_in(acme.owner).get(acme.url("journal/csv/"))
    file = tmp_path / "journal.csv"
    file.write_bytes(b"".join(answer.streaming_content))
    assert verify(file, "--head", head_of(acme))[0] == 0
    rows = list(csv.reader(file.open(newline="")))
    with file.open("w", newline="") as changed:
        csv.writer(changed).writerows([rows[0], *rows[:0:-1]])
    assert verify(file)[0] == 0
    text = file.read_text()
    assert '""role"": ""reader""' in text
    file.write_text(text.replace('""role"": ""reader""', '""role"": ""owner""'))
    assert "was changed" in verify(file)[1]


def _edit(lines: list[str]) -> list[str]:
    return [line.replace('"reader"', '"owner"') for line in lines]


def _delete(lines: list[str]) -> list[str]:
    return lines[:2] + lines[3:]


def _reorder(lines: list[str]) -> list[str]:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def _behead(lines: list[str]) -> list[str]:
    return lines[1:]


def _seal_anew(lines: list[str]) -> list[str]:
    """Whoever changes an entry and computes its seal breaks the next one."""
    entry = json.loads(lines[1])
    entry["actor"] = "operator:0"
    return [lines[0], json.dumps({**entry, "hash": seal_of(entry)}) + "\n", *lines[2:]]


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (_edit, "was changed: its seal does not fit"),
        (_delete, "Before entry 4, 1 entry is missing"),
        (_reorder, "stands after entry 3: out of its order"),
        (_behead, "Before entry 2, 1 entry is missing"),
        (_seal_anew, "Entry 3 does not follow from the one before"),
    ],
)
def test_whatever_is_done_to_a_download_is_found(
    sealed, tamper: Callable[[list[str]], list[str]], says
):
    lines = lines_of(sealed)
    changed = tamper(lines)
    assert changed != lines
    sealed.write_text("".join(changed))
    code, said = verify(sealed)
    assert (code, "THE CHAIN IS BROKEN" in said, says in said) == (1, True, True), said


def test_a_shorter_journal_is_found_by_a_head_from_a_mail(acme, sealed):
    lines = lines_of(sealed)
    sealed.write_text("".join(lines[:-1]))
    assert verify(sealed)[0] == 0  # nothing in the file itself tells of its end
    code, said = verify(sealed, "--head", head_of(acme))
    assert code == 1
    assert "is not in this journal: it was cut off at its end, or rewritten" in said


def test_an_older_head_lies_on_a_longer_journal(sealed):
    older = entries_of(sealed)[2]["hash"]
    assert verify(sealed, "--head", older.upper())[0] == 0


def test_a_table_with_a_filter_is_told_to_be_a_part(acme, sealed, sign_in, tmp_path):
    file = tmp_path / "part.csv"
    answer = sign_in(acme.owner).get(acme.url("journal/csv/?action=kite.landed"))
    file.write_bytes(b"".join(answer.streaming_content))
    code, said = verify(file)
    assert code == 1
    assert "THIS IS A PART OF A JOURNAL" in said
    assert "check the sealed copy" in said


@pytest.mark.parametrize("text", ["", "{}", "seq,hash\n1,2\n", "hello", '{"seq": []}', "[1]\n"])
def test_what_is_no_journal_is_said(tmp_path, text):
    file = tmp_path / "file"
    file.write_text(text)
    code, said = verify(file)
    assert code == 2
    assert "is no journal that can be checked" in said
    assert verify(tmp_path / "missing")[0] == 2
