"""The words of servers, one by one, mean what the table of wordings says they do."""

from pathlib import Path

import pytest

from mail.reading.meanings import meant_by, tells_failure
from mail.reading.reasons import REASONS, is_hard, reason_of
from mail.reading.statuses import status_in

TABLE = Path(__file__).parent / "wordings.txt"
pytestmark = pytest.mark.no_db


def _rows():
    lines = TABLE.read_text("utf-8").splitlines()
    for line in lines:
        if line and not line.startswith("#"):
            reason, status, reply, *words = (cell.strip() for cell in f"{line} ".split(" |", 3))
            yield reason, status, reply, words[0] if words else ""


def test_words_and_codes_tell_the_reason():
    found = [
        (reason_of([f"{reply} {status} {words}"], status or status_in(words), reply), words)
        for _, status, reply, words in _rows()
    ]
    assert found == [(reason, words) for reason, _, _, words in _rows()]
    assert {reason for reason, _ in found} <= set(REASONS)


def test_what_is_delayed_is_never_for_good():
    for reason, status, reply, _ in _rows():
        assert not is_hard(reason, status, reply, "delayed")


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("konto użytkownika zostało usunięte", "user_unknown"),
        ("your message to the user was deleted without being read", ""),
        ("nicht zugestellt. das postfach ist voll.", "mailbox_full"),
        ("the sender is not known here", "rejected"),
        ("a message that you sent could not be delivered to all recipients", ""),
        ("volume of mail: no problem found in november", ""),
    ],
)
def test_two_meanings_must_stand_in_one_sentence(words, reason):
    assert meant_by(words) == reason


@pytest.mark.parametrize(
    "words", ["pengiriman gagal", "poruka nije isporučena", "送信できませんでした"]
)
def test_failure_is_told_in_any_language(words):
    assert tells_failure(words)
    assert not tells_failure("we have received your order")
