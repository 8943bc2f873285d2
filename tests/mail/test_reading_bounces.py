"""Every mail of tests/mail/bounces says what its table entry says, with little work."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from mail.reading import read_mail
from mail.reading.kinds import _read
from mail.reading.reasons import REASONS
from mail.reading.wording import sections
from tests.work import calls

FOLDER = Path(__file__).parent / "bounces"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))
MAILS = {path.stem: path.read_bytes() for path in sorted(FOLDER.glob("*.eml"))}
pytestmark = pytest.mark.no_db


def by_address(recipients):
    return {one["address"]: one for one in recipients}


def test_every_mail_has_an_expectation():
    assert MAILS.keys() == EXPECTED.keys()


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_is_understood(name):
    reading, wanted = read_mail(MAILS[name]), EXPECTED[name]
    assert reading.kind == wanted["kind"]
    found = by_address([one._asdict() for one in reading.recipients])
    assert found == by_address(wanted["recipients"])


@pytest.mark.parametrize("name", ["postfix-user-unknown", "qmail-local", "exim-dsn", "arf"])
def test_the_original_is_found_again(name):
    original = read_mail(MAILS[name]).original
    assert original.message_id == "<c7.r42@news.shop.example>"
    assert original.feedback_id == "c7:s1:news:shop.example"
    assert original.subject == "Spring news"
    assert original.to == "cat@dest.example"
    assert original.header("X-Campaign") == "7"


@pytest.mark.parametrize("table", ["strong", "weak", "first"])
def test_the_tables_speak_of_known_reasons_in_comparable_words(table):
    for reason, phrases in sections(table):
        assert reason in REASONS
        assert [one for one in phrases if one != one.lower() or "  " in one] == []


def test_tables_are_read_and_patterns_compiled_once_a_process(monkeypatch):
    re.purge()  # what other tests of this process left in the library's own, small cache
    for raw in MAILS.values():
        read_mail(raw)

    def again(*given: Any, **more: Any) -> None:
        raise AssertionError(f"once more: {given}")

    compiler: Any = re
    monkeypatch.setattr(compiler._compiler, "compile", again)
    monkeypatch.setattr(io, "open", again)
    for raw in MAILS.values():
        _read(raw)  # raises what `read_mail` would hide


def test_a_mail_is_read_with_few_calls():
    """Some two thousand: about two milliseconds."""
    some = list(MAILS.values())[::9]
    for raw in some:
        read_mail(raw)
    assert max(calls(_read, raw) for raw in some) < 12_000
