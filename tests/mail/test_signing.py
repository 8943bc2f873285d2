"""What we sign, an independent verifier accepts; what was changed on the way, it refuses."""

from base64 import b64encode
from functools import cache
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dkim.canonicalization import Relaxed
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mail.content import MailingContent
from mail.signing import Signer, body_hash, outline_of, relaxed_body, relaxed_value
from mail.splice import Copy, Origin, compile_mailing

pytestmark = pytest.mark.no_db
NAMES = ["From", "to", "SUBJECT", "Date", "Message-ID", "List-Unsubscribe", "X-Other", "Reply-To"]
WORDS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), max_size=30)
GAPS = st.sampled_from([" ", "  ", "\t", " \t ", "\r\n ", "\r\n\t", " \r\n  "])


@st.composite
def values(draw: Any) -> str:
    words: list[str] = draw(st.lists(WORDS.filter(bool), min_size=1, max_size=6))
    return " " + "".join(word + draw(GAPS) for word in words[:-1]) + words[-1]


HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), values()), max_size=8)
LINES = st.lists(
    st.one_of(
        st.sampled_from(["", ".", "..", " ", "\t", "a  b", "a\t b ", " lead", "x" * 1200, "=20 "]),
        st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=80),
    ),
    max_size=12,
).map(lambda lines: "".join(f"{line}\r\n" for line in lines).encode())


@cache
def rsa_signer() -> Signer:
    return Signer("shop.example", "one", generate_private_key(65537, 2048))


@cache
def ed_signer() -> Signer:
    return Signer("shop.example", "two", Ed25519PrivateKey.generate())


def published(name: bytes, timeout: int = 5) -> bytes | None:
    """The DNS, as far as the verifier asks for it."""
    if name.startswith(b"one._domainkey.shop.example"):
        key: Any = rsa_signer()._key
        der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return b"v=DKIM1; k=rsa; p=" + b64encode(der)
    key = ed_signer()._key
    return b"v=DKIM1; k=ed25519; p=" + b64encode(key.public_key().public_bytes_raw())


def is_good(message: bytes) -> bool:
    return bool(dkim.verify(message, dnsfunc=published))


def whole(headers: list[tuple[str, str]], body: bytes) -> bytes:
    head = [("From", " Shop <news@shop.example>"), *headers]
    return "".join(f"{name}:{value}\r\n" for name, value in head).encode() + b"\r\n" + body


@given(LINES)
def test_the_body_is_canonicalised_as_others_do(body: bytes) -> None:
    assert relaxed_body(body) == Relaxed.canonicalize_body(body)


@given(values())
def test_a_header_is_canonicalised_as_others_do(value: str) -> None:
    [(_, theirs)] = Relaxed.canonicalize_headers([(b"Subject", value.encode() + b"\r\n")])
    assert relaxed_value(value.encode()) + b"\r\n" == theirs


@settings(max_examples=60, deadline=None)
@given(HEADERS, LINES)
def test_any_message_verifies(headers: list[tuple[str, str]], body: bytes) -> None:
    message = whole(headers, body)
    for signer in (rsa_signer(), ed_signer()):
        line = signer.sign_message(message)
        assert is_good(line + message)
        assert max(map(len, line.split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"Dear Ann", b"Dear Bob"),
        (b"Subject: Hello", b"Subject: Goodbye"),
        (b"Subject: Hello", b"Subject: Evil\r\nSubject: Hello"),
        (b"From: Shop", b"From: evil@evil.example\r\nFrom: Shop"),
        (b"Subject: Hello", b"Subject: Hello\r\nReply-To: evil@evil.example"),
        (b"List-Unsubscribe: <https://a", b"List-Unsubscribe: <https://b"),
    ],
)
def test_what_was_changed_on_the_way_is_refused(was: bytes, becomes: bytes) -> None:
    headers = [("Subject", " Hello"), ("List-Unsubscribe", " <https://a.example/>")]
    message = whole(headers, b"Dear Ann,\r\n\r\n.dot\r\n")
    signed = rsa_signer().sign_message(message) + message
    assert is_good(signed)
    assert not is_good(signed.replace(was, becomes))


def test_white_space_changed_on_the_way_is_forgiven() -> None:
    message = whole([("Subject", " Hello  there")], b"Dear  Ann,\r\n\r\nbye\r\n")
    signed = rsa_signer().sign_message(message) + message
    moved = signed.replace(b"Hello  there", b"Hello\r\n\tthere").replace(b"Dear  ", b"Dear ")
    assert is_good(moved + b"\r\n\r\n")


@settings(max_examples=40, deadline=None)
@given(values(), WORDS)
def test_an_outline_filled_is_what_the_whole_message_gives(subject: str, name: str) -> None:
    head: list[bytes | str] = [
        b"From: news@shop.example\r\nTo: ",
        "to",
        b"\r\nSubject:",
        "subject",
        b"\r\n",
    ]
    made = {"to": f"{name}@shop.example".encode(), "subject": subject.encode()}
    outline = outline_of(head)
    canonical = b"".join(p if isinstance(p, bytes) else relaxed_value(made[p]) for p in outline[1])
    written = b"".join(p if isinstance(p, bytes) else made[p] for p in head)
    line = rsa_signer().sign(outline.names, canonical, body_hash(b"Hello.\r\n"))
    assert is_good(line + written + b"\r\nHello.\r\n")


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).map(
    lambda text: text.replace("{", "(").replace("}", ")")
)


@settings(max_examples=60, deadline=None)
@example("", "", "\r")  # a name without a letter in it
@given(TEXT, TEXT, TEXT)
def test_every_copy_of_a_mailing_verifies(text: str, html: str, name: str) -> None:
    mailing = MailingContent(
        subject="News  for {{ name | you }}, and   more",
        sender_name=name[:60],
        sender_email="news@shop.example",
        reply_to="ann@shop.example",
        list_name="Shop  news",
        html=f"<html><body>  {html}\t{{{{ name | you }}}}  {{{{#if name}}}} x{{{{/if}}}} </body>",
        text=f"  {{{{ name }}}}  {text} {{{{#if name}}}}  {text} {{{{else}}}} you  {{{{/if}}}} \n",
    )
    compiled = compile_mailing(mailing, Origin(3, "shop", 7))
    copy = Copy(5, 9, "cat@shop.example", {"name": name}, "<c7.r5@shop.example>")
    plain = compiled.splice(copy)
    body = plain.partition(b"\r\n\r\n")[2]
    assert relaxed_body(body) == body
    signed = compiled.splice(copy, [rsa_signer(), ed_signer()])
    assert is_good(signed)
    assert dkim.DKIM(signed).verify(idx=1, dnsfunc=published)
