"""The new text of a reply, without what it answers and what stands below the name."""

from email import message_from_bytes, policy
from email.message import EmailMessage, Message

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.reading.automatic import is_auto_reply
from mail.reading.replies import new_text
from tests.mail.replies.corpus import (
    QUOTE,
    above,
    below,
    html_mail,
    in_html,
    plain_mail,
    quotes,
    said,
)
from tests.work import an_end, calls

pytestmark = [pytest.mark.no_db, pytest.mark.policy("P7.3")]
ANSWER = "Yes, we will come with three people.\nDo you have tea?"


def client(quote):
    return quote["client"]


@pytest.mark.parametrize("quote", quotes("below"), ids=client)
def test_what_stands_below_is_left_out(quote):
    assert new_text(plain_mail(below(quote, ANSWER))) == ANSWER


@pytest.mark.parametrize("quote", quotes("above"), ids=client)
def test_an_answer_below_the_quote_is_found(quote):
    assert new_text(plain_mail(above(quote, ANSWER))) == ANSWER


@pytest.mark.parametrize("quote", quotes("html"), ids=client)
def test_html_alone_is_read(quote):
    assert new_text(html_mail(in_html(quote, ANSWER))) == ANSWER


def test_answers_between_the_lines_stay():
    text = (
        f"On 05/01/2024 10:00, Shop wrote:\n{QUOTE}\n\nGreen, please.\n\n{QUOTE}\n\nAnd two cups."
    )
    assert new_text(plain_mail(text)) == "Green, please.\n\nAnd two cups."


def test_every_reply_of_the_corpus_comes_out_of_a_quoted_mail_as_it_went_in():
    forms = quotes("below")[:-1]
    changed = []
    for number, reply in enumerate(said("known")):
        quote = forms[number % len(forms)]
        found = new_text(plain_mail(below(quote, reply.text)))
        bare = new_text(plain_mail(reply.text))
        if found != bare or not reply.text.startswith(found[:10]):
            changed.append((quote["client"], reply.text, found))
    assert changed == []


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Ja gern.\n\nMit freundlichen Grüßen\nAnna Muster\nTel. +49 30 1234567", "Ja gern."),
        ("Fine.\n\nBest regards,\nAnn Reader\nHead of Tea\nACME Ltd.", "Fine."),
        ("Fine.\nThanks\nAnn", "Fine."),
        ("Thanks", "Thanks"),
        (
            "Best regards to your mother, she is great!\nSee you",
            "Best regards to your mother, she is great!\nSee you",
        ),
        (
            "- one\n- two\n\n--\nnot a signature\n" + "word\n" * 20,
            "- one\n- two\n\n--\nnot a signature\n" + "word\n" * 19 + "word",
        ),
        ("On Monday I wrote: see you at 10:00.\nBye", "On Monday I wrote: see you at 10:00.\nBye"),
        (
            "From: my point of view it is fine.\nTo: be clear, yes.",
            "From: my point of view it is fine.\nTo: be clear, yes.",
        ),
        ("I compared:\n\nred and green", "I compared:\n\nred and green"),
        ("Ok\n\nSent from my Galaxy", "Ok"),
        ("Ok\n\nEnvoyé de mon iPhone", "Ok"),
        ("Ok\n\n发自我的iPhone", "Ok"),
    ],
)
def test_signatures_go_and_own_words_stay(text, new):
    assert new_text(plain_mail(text)) == new


def test_soft_line_breaks_are_joined():
    mail = plain_mail("This is one \nlong sentence.\n\n> old\n")
    mail.set_param("format", "flowed")
    assert new_text(mail) == "This is one long sentence."


@pytest.mark.parametrize(
    "charset", ["iso-8859-1", "windows-1252", "koi8-r", "iso-2022-jp", "gb2312"]
)
def test_charsets_are_read(charset):
    text = {"koi8-r": "Отписаться", "iso-2022-jp": "配信停止", "gb2312": "退订"}.get(
        charset, "Grüße"
    )
    assert new_text(plain_mail(text, charset=charset)) == text


def test_a_charset_that_does_not_exist_is_no_trouble():
    raw = b"Subject: x\nContent-Type: text/plain; charset=x-klingon\n\nGr\xfc\xdfe aus K\xf6ln"
    assert (
        new_text(message_from_bytes(raw, _class=EmailMessage, policy=policy.default))
        == "Grüße aus Köln"
    )


SCRAPS = st.sampled_from(
    [
        "On 1.1.2024 at 10:00, a <a@b.c> wrote:",
        "> ",
        "From: ",
        "-- ",
        "<div>",
        "<blockquote>",
        "\n",
        ":",
        "Content-Type: ",
        "multipart/mixed; boundary=x\n",
        "--x\n",
        "=?utf-8?q?=",
        "\x00",
        "wrote:",
        "<!--",
        '"',
        "Von: a@b\nGesendet: 1\nAn: x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(SCRAPS.map(str.encode), st.binary(max_size=30)), max_size=40))
def test_no_bytes_make_it_fail(scraps):
    for kind in (policy.default, policy.compat32):
        message = message_from_bytes(b"".join(scraps), policy=kind)
        text = new_text(message)
        assert is_auto_reply(message) in {True, False}
        again = new_text(plain_mail(text.encode("utf-8", "replace").decode()))
        assert len(again) <= len(text) + 2  # reading twice takes away, if anything


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        '<a "',
        "<a'",
        "> x\n",
        "a:\n",
        "On 1.1.2024:\n",
        "From: x\n",
        "<!--",
        "word ",
        "\n",
        '<b"<b"',
        "-",
        "regards\n",
        ">",
        "&",
        "wrote:",
        "<style>",
        "unsubscribe ",
    ],
)
@pytest.mark.parametrize("subtype", ["plain", "html"])
def test_ten_megabytes_are_bounded_work(piece, subtype):
    message = Message()
    message["Content-Type"] = f"text/{subtype}"
    message.set_payload(piece * (10 * 2**20 // len(piece)))
    with an_end():
        new_text(message)  # tables are read, patterns compiled
    assert calls(new_text, message) < 1_000_000


@pytest.mark.parametrize(
    "mail",
    [
        plain_mail(below(quotes("below")[0], ANSWER)),
        html_mail(in_html(quotes("html")[0], ANSWER)),
    ],
    ids=["plain", "html"],
)
def test_a_usual_mail_is_little_work(mail):
    new_text(mail)  # tables are read, patterns compiled
    assert calls(new_text, mail) < 5_000
