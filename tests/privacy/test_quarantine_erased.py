"""Mails in quarantine that hold somebody's address in any wrapping are theirs: in the copy of what
is held of them, and gone with them. No bytes make the search fail."""

import quopri
import re
import zlib
from base64 import b64encode, encodebytes
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comm100.core.tenancy import working_for
from mail.models import InboundMail
from mail.operations.quarantine import put_in_quarantine
from mail.reading.naming import Wanted
from tests.persons import Archive

CAT = "cat@acme-customers.example"
NOT_CAT = "tomcat@acme-customers.example"


def in_base64(address):
    """As mail programs send it: the address stands in a part, lines of 76 letters."""
    message = EmailMessage()
    message["From"], message["Subject"] = "daemon@mx.example", "Undelivered"
    words = f"The mail to {address} did not arrive. ".encode() * 9
    message.set_content(words, "application", "x-report", cte="base64")
    return message.as_bytes()


def in_quoted_printable(address):
    """The line breaks in the midst of the address."""
    words = f"Sch\xf6n: {'-' * 58} {address} \xe9".encode()
    return b"Content-Transfer-Encoding: quoted-printable\n\n" + quopri.encodestring(words)


def forwarded(address):
    """A mail in base64 whose part is in base64, too."""
    return b"Content-Type: message/rfc822\n\n" + encodebytes(in_base64(address))


def in_a_subject(address):
    """Encoded words end in the midst of the address (RFC 2047)."""
    first, second = (b64encode(half.encode()).decode() for half in (address[:7], address[7:]))
    return f"Subject: =?utf-8?B?{first}?=\r\n =?utf-8?B?{second}?=\r\n\r\nHi".encode()


def in_utf_16(address):
    return b"Content-Type: text/plain; charset=utf-16\n\n" + encodebytes(address.encode("utf-16"))


def with_bytes_missing(address):
    """Eleven letters were lost on the way, and the boundary, too."""
    letters = encodebytes(f"{'words ' * 30}{address} {'words ' * 30}".encode())
    return b"Content-Type: multipart/mixed\n\n--b\n\n" + letters[11:]


def in_capitals(address):
    return b"\xff\xfe\r\n\r\n" + encodebytes(f"<{address.upper()}>".encode())


def in_a_link(address):
    return encodebytes(f"<a href='/?to=mailto%3A{address.replace('@', '%40')}%26x'>".encode())


def as_html(address):
    return f"Content-Type: text/html\n\n<b>{address.replace('@', '&#64;')}</b>".encode()


def in_one_line(address):
    """In the midst of a JSON text."""
    return b'{"content":"' + b64encode(f"To: {address}\r\n".encode()) + b'"}'


def in_quotes(address):
    return f"From: x\r\n\r\nRecipient '{address}' (prvs=1a2b3c={address}) is unknown".encode()


def plainly(address):
    return f"From: Somebody <{address}>\r\n\r\nHello".encode()


WAYS = [
    *(in_base64, in_quoted_printable, forwarded, in_a_subject, in_utf_16, with_bytes_missing),
    *(in_capitals, in_a_link, as_html, in_one_line, in_quotes, plainly),
]


@pytest.mark.no_db
@pytest.mark.parametrize("wrapped", WAYS)
def test_an_address_is_found_in_any_wrapping_and_not_within_a_longer_one(wrapped):
    assert Wanted([CAT]).stands_in(wrapped(CAT))
    assert not Wanted([CAT]).stands_in(wrapped(NOT_CAT))
    assert not Wanted([CAT]).stands_in(wrapped(f"{CAT}.au"))


@pytest.mark.no_db
def test_an_international_domain_is_found_in_both_spellings():
    wanted = Wanted(["ann@xn--bcher-kva.example"])
    for written in ("ann@bücher.example", "ann@xn--bcher-kva.example"):
        assert wanted.stands_in(encodebytes(f"To {written}.".encode()))
        assert wanted.stands_in(written.encode("latin-1"))
    assert not wanted.stands_in(encodebytes("jörgann@bücher.example".encode()))


HOSTILE = [
    b"=3D3D3D3D41" * 30_000,
    b"=?u?b?" * 60_000,
    b"=?u?b?YWFh?= " * 30_000,
    b"aaaaaaaa==\n" * 30_000,
    b"a\n" * 150_000,
    b"tomcat@acme-customers.example " * 10_000,
    encodebytes(encodebytes(zlib.compress(bytes(300_000), 0))),
]


@pytest.mark.no_db
@settings(max_examples=200, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.sampled_from([way(CAT) for way in WAYS]).flatmap(
            lambda raw: st.tuples(st.integers(0, len(raw)), st.binary(max_size=9)).map(
                lambda cut: raw[: cut[0]] + cut[1] + raw[cut[0] + len(cut[1]) :]
            )
        ),
        st.lists(
            st.sampled_from([b"=?", b"?b?", b"?=", b"=", b"==\n", b"QUJD", b"\xff", b"@"])
        ).map(b"".join),
    )
)
def test_no_bytes_make_the_search_fail(raw):
    Wanted([CAT]).stands_in(raw)
    assert Wanted([CAT]).stands_in(raw + b"\n\n" + in_base64(CAT))


@pytest.mark.no_db
def test_hostile_mails_hide_nothing_behind_them():
    for raw in HOSTILE:
        assert Wanted([CAT]).stands_in(raw + b"\n\n" + in_base64(CAT))


@pytest.fixture
def quarantine(acme):
    """A mail about Cat for each wrapping, one about somebody else, and one about nobody."""
    raws = [way(address) for address in (CAT, NOT_CAT) for way in WAYS]
    with working_for(acme.site.pk):
        for raw in [*raws, b"\0\xff" * 50]:
            kept = InboundMail.objects.create(site=acme.site, kind=4, raw=raw)
            put_in_quarantine(kept.pk, "It cannot be read.")
    return raws[: len(WAYS)], raws[len(WAYS) :]


@pytest.mark.policy("P1.2", "P10.4")
def test_erasing_takes_every_mail_that_holds_the_address_and_no_other(acme, sign_in, quarantine):
    theirs, others = quarantine
    admin, page = sign_in(acme.admin), acme.url("contacts/1/data/")
    admin.post(page)
    (link,) = re.findall(rf'href="({page}\d+/)"', admin.get(page).content.decode())
    archive = Archive(b"".join(admin.get(link).streaming_content))
    mails = [content for name, content in archive.files.items() if "InboundMail" in name]
    assert sorted(mails) == sorted(theirs)
    admin.post(acme.url("contacts/1/erasure/"))
    with working_for(acme.site.pk):
        left = [bytes(mail.raw) for mail in InboundMail.objects.order_by("pk")]
    assert left == [*others, b"\0\xff" * 50]
