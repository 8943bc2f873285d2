"""Several mail servers: encrypted where that is wanted, by weight, within their limits."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from comm100.embedded.valkey import free_port
from mail import delivery
from mail.kept import hang_up
from mail.models import Lane, Mailing, Outbox, Relay
from mail.smtp import Server
from tests.mail.conftest import add_contacts, fresh
from tests.mail.test_failing import rows
from tests.post import PostOffice


class Post(PostOffice):
    """Knows how many connected, and over what."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.hellos = 0
        self.encrypted: list[bool] = []

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        self.hellos += 1
        return await super().handle_EHLO(server, session, envelope, hostname, responses)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        self.encrypted.append(
            session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None
        )
        return await super().handle_DATA(server, session, envelope)


def certificate(name: str, folder: Path) -> tuple[Path, Path]:
    """A certificate of its own authority for 127.0.0.1, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    cert, secret = folder / f"{name}.pem", folder / f"{name}.key"
    cert.write_bytes(signed.public_bytes(Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    return cert, secret


@contextmanager
def served(*, tls: str = "", files: tuple[Path, Path] | None = None) -> Iterator[Post]:
    post = Post(free_port())
    options: dict[str, Any] = {}
    if files:
        secure = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        secure.load_cert_chain(*files)
        options = {"tls_context": secure} if tls == "starttls" else {"ssl_context": secure}
    controller = Controller(post, hostname="127.0.0.1", port=post.port, **options)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


@pytest.fixture
def serve() -> Iterator[Callable[..., Post]]:
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(served(**options))
        for lane in Lane:
            hang_up(lane)


@pytest.fixture
def vouched(tmp_path: Path) -> tuple[Path, Path]:
    return certificate("ours", tmp_path)


def deliver() -> None:
    while delivery.run_lane(Lane.MARKETING, seconds=20):
        pass


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_mail_leaves_encrypted_under_a_certificate_of_our_own(
    acme, start, settings, serve, vouched, tls
):
    post = serve(tls=tls, files=vouched)
    scheme, more = ("smtps", "") if tls == "implicit" else ("smtp", "tls=starttls&")
    settings.SMTP_URL = f"{scheme}://127.0.0.1:{post.port}/?{more}ca={vouched[0]}"
    add_contacts(acme, *(f"p{n}@example.net" for n in range(9)))
    mailing = start(acme)
    deliver()
    assert fresh(mailing).sent == 10
    assert post.encrypted == [True] * 10


def test_a_server_that_lost_its_starttls_gets_nothing(acme, start, settings, serve):
    post = serve()
    settings.SMTP_URL = f"smtp://127.0.0.1:{post.port}/?tls=starttls"
    start(acme)
    assert post.letters == []
    assert {row.state for row in rows(acme).values()} == {Outbox.State.READY}
    assert "STARTTLS" in Relay.objects.get().problem


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
def test_a_certificate_that_nobody_vouches_for_gets_nothing(
    acme, start, settings, serve, vouched, tls
):
    post = serve(tls=tls, files=certificate("theirs", vouched[0].parent))
    scheme, more = ("smtps", "") if tls == "implicit" else ("smtp", "tls=starttls&")
    settings.SMTP_URL = f"{scheme}://127.0.0.1:{post.port}/?{more}ca={vouched[0]}"
    start(acme)
    assert post.letters == []
    assert {row.state for row in rows(acme).values()} == {Outbox.State.READY}
    assert "CERTIFICATE" in Relay.objects.get().problem.upper()


def test_servers_share_by_weight_and_do_the_work_of_one_that_is_gone(acme, start, settings, serve):
    one, two = serve(), serve()
    gone = f"smtp://127.0.0.1:{free_port()}/?weight=9"
    settings.SMTP_URL = f"{one.url}?weight=3, {two.url} {gone}"
    add_contacts(acme, *(f"p{n}@example.net" for n in range(60)))
    mailing = start(acme)
    deliver()
    assert fresh(mailing).sent == 61
    assert (one.hellos, two.hellos) == (3, 1)
    arrived = [letter.envelope_to for letter in (*one.letters, *two.letters)]
    assert len(arrived) == len(set(arrived)) == 61
    assert len(one.letters) > len(two.letters) > 0
    (resting,) = Relay.objects.in_trouble()
    assert resting.name == Server.at(gone).name
    assert fresh(mailing).state in {Mailing.State.OPEN, Mailing.State.DONE}


def test_a_server_is_asked_for_no_more_connections_and_mails_than_it_wants(
    acme, start, settings, serve
):
    post = serve()
    settings.SMTP_URL = f"{post.url}?connections=1&mails=4"
    add_contacts(acme, *(f"p{n}@example.net" for n in range(9)))
    mailing = start(acme)
    deliver()
    assert fresh(mailing).sent == 10
    assert post.hellos == 3  # 4 + 4 + 2


def test_a_server_gets_no_more_a_second_than_it_wants(acme, start, settings, serve):
    post = serve()
    settings.SMTP_URL = f"{post.url}?rate=10"
    add_contacts(acme, *(f"p{n}@example.net" for n in range(29)))
    mailing = start(acme)
    deliver()
    assert fresh(mailing).sent == 30
    first, last = (row.settled_at for row in sorted_rows(acme))
    assert (last - first).total_seconds() > 1.5


def sorted_rows(house):
    times = sorted(
        (row for row in rows(house).values() if row.settled_at), key=lambda r: r.settled_at
    )
    return times[0], times[-1]


@pytest.mark.no_db
def test_what_an_address_says():
    one, two = Server.named("smtp://a:b%2C@one.example/?weight=2&rate=1.5\n smtps://two.example")
    assert (one.port, one.password, one.weight, one.rate) == (25, "b,", 2.0, 1.5)
    assert (two.port, two.tls, two.connections) == (465, "implicit", 0)
