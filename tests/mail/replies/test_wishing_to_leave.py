"""Who asks in a reply to get no more mails, leaves; who does not, stays (P7.3)."""

import json

import pytest
from django.core.management import call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.reading import read_mail
from mail.reading.wishes import wish
from tests.mail.replies.corpus import below, plain_mail, quotes, said
from tests.work import an_end, calls

pytestmark = [pytest.mark.no_db, pytest.mark.policy("P7.3")]


@pytest.mark.parametrize("half", ["known", "held_out"])
def test_clear_wishes_are_found_and_nothing_else_is_taken_for_one(half):
    replies = said(half)
    taken = [reply for reply in replies if wish(reply.text) == "clear"]
    wrongly = [reply for reply in taken if reply.meaning != "clear"]
    wished = [reply for reply in replies if reply.meaning == "clear"]
    assert len(replies) >= 300
    assert len({reply.language for reply in replies}) >= 16
    assert len(wished) < len(replies) * 0.55  # half of them are traps
    assert len(taken) - len(wrongly) >= 0.99 * len(taken), wrongly
    assert len(taken) - len(wrongly) >= 0.90 * len(wished), set(wished) - set(taken)


def test_each_language_finds_its_wishes():
    replies = said("known") + said("held_out")
    languages = {reply.language for reply in replies}
    found = {language: [0, 0] for language in languages}
    for reply in replies:
        if reply.meaning == "clear":
            found[reply.language][wish(reply.text) == "clear"] += 1
    assert {name: counts for name, counts in found.items() if counts[1] < 0.85 * sum(counts)} == {}


def test_who_does_not_speak_of_leaving_disturbs_nobody():
    calm = [reply for reply in said("known") + said("held_out") if reply.meaning == ""]
    assert sum(wish(reply.text) == "" for reply in calm) >= 0.9 * len(calm)


def test_whole_mails_with_a_quoted_footer_are_read_like_the_bare_words():
    forms = quotes("below")[:-1]
    for number, reply in enumerate(said("held_out")):
        mail = plain_mail(below(forms[number % len(forms)], reply.text))
        kind = read_mail(mail.as_bytes()).kind
        assert (kind == "unsubscribe") == (wish(reply.text) == "clear"), (kind, reply)


@pytest.mark.parametrize(
    ("text", "subject", "meant"),
    [
        ("", "unsubscribe", "clear"),
        ("", "Abmelden", "clear"),
        ("Thanks\nAnn", "Please remove me", "clear"),
        ("", "Re: unsubscribe", "doubtful"),
        ("", "Re: Why you should never unsubscribe", ""),
        ("", "Re: How to unsubscribe from the news", ""),
        ("Great, see you on Monday in Leeds!", "unsubscribe", "doubtful"),
        ("No, I stay.", "Re: Spring is coming", ""),
        ("", "", ""),
        ("unsubscribe", "Re: Spring", "clear"),
        ("Anmelden", "", ""),
        ("Anmeldung bitte", "", ""),
        ("subscribe", "", ""),
        ("Thanks for removing me.", "", "doubtful"),
        ("unsubscribe\n\n" + "This is a long story about my garden. " * 20, "", "doubtful"),
        ("Please unsubscribe me. When does the shop open on Sunday?", "", "doubtful"),
    ],
)
def test_subject_and_text_together(text, subject, meant):
    assert wish(text, subject) == meant


def test_the_command_line_says_the_same(tmp_path, capsys):
    files = []
    for name, text in (
        ("leave", "Bitte abmelden"),
        ("stay", "Danke!"),
        ("ask", "Wie kann ich mich abmelden?"),
    ):
        files.append(tmp_path / f"{name}.eml")
        files[-1].write_bytes(plain_mail(below(quotes("below")[3], text)).as_bytes())
    call_command("classify_mail", *map(str, files))
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["kind"] for one in told] == ["unsubscribe", "reply", "reply"]
    assert [one["new_text"] for one in told] == [
        "Bitte abmelden",
        "Danke!",
        "Wie kann ich mich abmelden?",
    ]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.text(max_size=60))
def test_no_words_make_it_fail(text, subject):
    assert wish(text, subject) in {"clear", "doubtful", ""}


@pytest.mark.parametrize(
    "piece", ["unsubscribe ", "a", "not ", "é", "退订", ".", "\n", "me ", "@a.b", "remove me from "]
)
def test_long_texts_are_no_more_work_than_short_ones_and_never_clear(piece):
    short, long = (piece * (length // len(piece)) for length in (10**4, 10**6))
    with an_end():
        assert wish(long) != "clear"
    assert calls(wish, long) - calls(wish, short) < 100
    assert calls(wish, short) < 100_000
