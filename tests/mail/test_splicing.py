"""What is spliced is valid mail and means what `email.message` would mean."""

import json
import string
from email import message_from_bytes, policy
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mail.content import MailingContent, canonical, parse
from mail.merge import merged, missing_fallbacks, one_line, problems, values_for
from mail.splice import Copy, Origin, compile_mailing
from tests.mail.conftest import content

pytestmark = pytest.mark.no_db
ORIGIN = Origin(42, "acme", 7)
words = st.text(max_size=120)
lines = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300)
literal = lines.map(lambda text: text.replace("{", "(").replace("}", ")"))
one_word = st.text(alphabet=string.ascii_letters, min_size=1, max_size=8)


def spliced(mailing: MailingContent, **changes):
    facts: dict[str, Any] = {
        "row_id": 5,
        "contact_id": 9,
        "address": "cat@example.net",
        "merge": None,
    }
    copy = Copy(**(facts | changes), message_id="<c7.r5@testserver>")
    raw = compile_mailing(mailing, ORIGIN).splice(copy)
    return raw, message_from_bytes(raw, policy=policy.default)


def newlines(text):
    return text.replace("\r\n", "\n").replace("\r", "\n")


def normal(text):
    return newlines(text).rstrip("\n")


@settings(max_examples=150, deadline=None)
@example(before=".\n..\n", after="x" * 75 + ".", name=".", subject="", sender="")
@example(before="ü" * 12 + "...", after="." * 80, name="." * 76, subject="a  b", sender=".")
@given(before=literal, after=literal, name=words, subject=words, sender=words)
def test_any_text_in_any_script_comes_out_as_it_went_in(before, after, name, subject, sender):
    mailing = content(
        subject=one_line(subject).replace("{", "(") + " {{ name | x }}",
        sender_name=one_line(sender),
        html=f"<p>{before}{{{{ name | you }}}}{after}</p><a href='{{{{ unsubscribe_url }}}}'>x</a>",
        text=f"{before}{{{{ name }}}}{after}\n{{{{ unsubscribe_url }}}}",
    )
    merge = {"name": name.encode("utf-8", "replace").decode(), "fields": {}}
    raw, message = spliced(mailing, merge=merge)
    values = values_for("cat@example.net", merge)
    parts = {part.get_content_subtype(): part for part in message.iter_parts()}

    assert list(parts) == ["plain", "html"]
    assert [part.defects for part in message.walk()] == [[], [], []]
    assert all(not header.defects for header in message.values())
    text = newlines(mailing.text).encode("utf-8", "replace").decode()
    got = normal(parts["plain"].get_content())
    expected = normal(merged(text, values | {"unsubscribe_url": "URL"}, "text"))
    assert got.rpartition("\n")[0] == expected.rpartition("\n")[0]
    html = merged(mailing.html.encode("utf-8", "replace").decode(), values, "html")
    assert normal(parts["html"].get_content()).startswith(normal(html.partition("<a href")[0]))
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert not [line for line in raw.split(b"\r\n") if line.startswith(b".")]  # nothing to stuff
    raw.decode("ascii")


branch = st.lists(literal | st.sampled_from(["{{ name | you }}", "{{ city }}", ".\r\n.", "=", " "]))


@settings(max_examples=150, deadline=None)
@given(then=branch, otherwise=branch, after=literal, name=words, city=words)
def test_a_condition_comes_out_as_the_slow_way_would_write_it(then, otherwise, after, name, city):
    """`merged` is the slow way: the whole template for each reader."""
    both = f"a{{{{#if city}}}}{''.join(then)}{{{{else}}}}{''.join(otherwise)}{{{{ /if }}}}{after}"
    source = both.encode("utf-8", "replace").decode()
    mailing = content(subject="{{#if city}}{{ city }}{{else}}x{{/if}}", html=source, text=source)
    facts = {"name": name, "fields": {"city": city}}
    merge = json.loads(json.dumps(facts).encode("utf-8", "replace"))
    try:
        json.dumps(facts, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        merge = {"name": "", "fields": {}}
    raw, message = spliced(mailing, merge=merge)
    values = values_for("cat@example.net", merge)
    plain, html = message.iter_parts()
    assert [part.defects for part in message.walk()] == [[], [], []]
    assert newlines(plain.get_content()).startswith(
        newlines(merged(newlines(source), values, "text")).rstrip()
    )
    assert newlines(html.get_content()).startswith(
        newlines(merged(newlines(source), values, "html"))
    )
    assert one_line(message["Subject"]) == (one_line(values.get("city", "")) or "x")
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_way_out_under_a_condition_does_not_count():
    inside = "{{#if city}}<a href='{{ unsubscribe_url }}'>Leave</a>{{/if}}"
    _, message = spliced(content(html=inside, text="{{#if city}}{{ unsubscribe_url }}{{/if}}"))
    assert "/u/" in message.get_body(("html",)).get_content()
    assert "Unsubscribe: http" in message.get_body(("plain",)).get_content()


@pytest.mark.parametrize(
    ("html", "word"),
    [
        ("{{#if city}}x", "stands alone"),
        ("x{{/if}}", "stands alone"),
        ("{{else}}", "stands alone"),
        ("{{#if city}}{{#if name}}x{{/if}}{{/if}}", "stands alone"),
        ("<p>{{#if city}}x</p><p>y{{/if}}</p>", "same paragraph"),
        ("<p class='{{#if city}}x{{/if}}'>y</p>", "same paragraph"),
        ("{{#if twon}}x{{/if}}", "no merge field “twon”"),
        ("<a href='{{#if city}}https://x.example{{/if}}'>x</a>", "inside a link"),
        ("{{#if unsubscribe_url}}x{{/if}}", "always there"),
    ],
)
def test_the_editor_hears_of_conditions_that_make_no_sense(html, word):
    found = problems(content(subject="x", html=html, text="x"), custom_keys=["city"])
    assert any(word in sentence for sentence in found), found


def test_a_condition_that_makes_sense_needs_no_fallback():
    good = "<p>{{#if city}}In <b>{{ city }}</b><br>{{else}}Near you{{/if}}</p>"
    mailing = content(
        subject="{{#if name}}{{ name }}, news{{else}}News{{/if}}", html=good, text="x"
    )
    assert problems(mailing, custom_keys=["city"]) == []
    assert missing_fallbacks(mailing) == []


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=80))
def test_no_value_can_add_a_header(name):
    mailing = content(subject="{{ name | a }}")
    merge = {"name": name.encode("utf-8", "replace").decode() + "\r\nBcc: eve@evil.example"}
    _, message = spliced(mailing, merge=merge)
    _, usual = spliced(mailing)
    assert message.keys() == usual.keys()
    assert "Bcc" not in message


def test_marketing_mail_carries_the_headers_of_its_kind():
    _, message = spliced(content(list_name="Nachrichten für alle"))
    assert message["List-Id"] == "Nachrichten für alle <news.s42.mail.localhost>"
    https, mailto = message["List-Unsubscribe"].split(",")
    assert https.startswith("<http://testserver/u/")
    assert mailto.strip().startswith("<mailto:u+")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Feedback-ID"].startswith("c7:s42:news:")
    assert message["Precedence"] == "bulk"
    assert message["X-Auto-Response-Suppress"] == "OOF, AutoReply"
    assert message["Message-ID"] == "<c7.r5@testserver>"
    assert message["Reply-To"].startswith("Acme Café <r+")


def test_a_house_without_a_door_lets_answers_go_to_the_site(settings):
    settings.REPLIES_HERE = False
    _, message = spliced(content())
    assert message["Reply-To"] == "ann@acme.example"


@pytest.mark.policy("P7.2")
@pytest.mark.parametrize(
    "html",
    [
        "<p>no link</p>",
        "<html><body><p>no link</p></body></html>",
        "<!-- <a href='{{ unsubscribe_url }}'>hidden</a> -->",
        "<p>{{ unsubscribe_url }} without a link</p>",
        "",
    ],
)
def test_no_template_can_drop_the_unsubscribe_link(html):
    _, message = spliced(content(html=html, text="nothing here"))
    page = message.get_body(("html",)).get_content()
    assert '<a href="http://testserver/u/' in page.partition("-->")[2] or "-->" not in page
    assert page.count('<a href="http://testserver/u/') == 1
    assert "Unsubscribe: http://testserver/u/" in message.get_body(("plain",)).get_content()


def test_a_template_with_a_link_of_its_own_gets_no_second_one():
    html = "<body><a class='x' href='{{ unsubscribe_url }}'>Leave</a></body>"
    _, message = spliced(content(html=html))
    assert message.get_body(("html",)).get_content().count("/u/") == 1


def test_values_are_escaped_in_html_and_plain_in_text():
    mailing = content(html="<p>{{ name }} {{ city | R&amp;D }}</p>", text="{{ name }}")
    _, message = spliced(mailing, merge={"name": "<b>Bo & Co</b>"})
    assert (
        "<p>&lt;b&gt;Bo &amp; Co&lt;/b&gt; R&amp;D</p>" in message.get_body(("html",)).get_content()
    )
    assert "<b>Bo & Co</b>" in message.get_body(("plain",)).get_content()


def test_the_editor_hears_of_unknown_fields_gaps_and_personal_links():
    mailing = content(
        subject="{{ nmae }}",
        text="{{ city }}",
        html="<a href='https://x.example/?e={{ email }}'>x</a>",
    )
    found = problems(mailing, custom_keys=["city"])
    assert any("“nmae”" in sentence for sentence in found)
    assert any("inside a link" in sentence for sentence in found)
    assert missing_fallbacks(mailing) == ["nmae", "city"]


def test_equal_contents_have_equal_bytes():
    one = content(links=["https://a.example"], audience=[1, 2])
    assert parse(canonical(one)) == one
    assert canonical(parse(canonical(one))) == canonical(one)


def test_what_is_counted_is_part_of_what_is_approved():
    plain = content()
    forms = {canonical(plain)}
    forms |= {canonical(content(**{name: True})) for name in ("track_opens", "track_clicks")}
    assert len(forms) == 3


def test_a_content_of_before_counting_counts_nothing():
    old = json.loads(canonical(content()))
    del old["track_opens"], old["track_clicks"]
    assert parse(json.dumps(old).encode()) == content()


def test_only_links_that_were_approved_are_counted():
    html = (
        "<body><!-- <a href='https://a.example/'>x</a> --><a data-href='https://a.example/' "
        "title='5 > 4' href='https://a.example/?a=1&amp;b=é'>a</a>"
        '<A HREF="https://a.example/">b</A><a href="https://other.example/">c</a>'
        '<a href="https://a.example/{{ unsubscribe_url }}">d</a></body>'
    )
    links = [
        "https://a.example/?a=1&b=é",
        "https://a.example/",
        "https://a.example/{{ unsubscribe_url }}",
    ]
    _, message = spliced(content(html=html, links=links, track_clicks=True))
    sent = message.get_body(("html",)).get_content()
    assert sent.count("/c/") == 2
    assert "<!-- <a href='https://a.example/'>x</a> -->" in sent
    assert "<a data-href='https://a.example/' title='5 > 4' href=\"http" in sent
    assert '<a href="https://other.example/">c</a>' in sent
    assert '<a href="https://a.example/http' in sent
