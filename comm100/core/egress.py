"""The one way out by HTTP: to registered destinations, and nowhere else (P6.1).

register(Destination(name="rates", purpose="…", sends="", hosts=lambda: ["api.x.example"]))
answer = request("rates", "GET", "https://api.x.example/today")

A name is resolved once, every address it has is judged, and the connection goes to the address
that was judged: a name that points inside, or that points elsewhere a moment later, leads nowhere.
Standard library only, so that the health check of a container can use it without Django.
"""

import http.client
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Literal
from urllib.parse import SplitResult, urljoin, urlsplit
from uuid import uuid4

log = logging.getLogger("comm100.egress")
MOST_HOPS = 3
PORTS = {"http": 80, "https": 443}
REDIRECTS = {301, 302, 303, 307, 308}
# Addresses that carry another one inside (6to4, NAT64), and a cloud's service at a public address.
TUNNELS = [ip_network(n) for n in ("2002::/16", "64:ff9b::/96", "64:ff9b:1::/48")]
METADATA = {ip_address("168.63.129.16"), ip_address("fd00:ec2::254")}


class Refused(Exception):
    """It may not go there: unknown destination, host, scheme or port, or an address inside."""


class NoAnswer(Exception):
    """The other side cannot be reached, is too slow, or says too much. Names no content."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Whom we talk to. The list of subprocessors and the conformance page read these.

    sends: what of personal data goes there, in words ("" for none). hosts: `name` or `name:port`,
    asked each time. inside: it is ours, on a private network or this machine, also without TLS.
    """

    name: str
    purpose: str
    sends: str
    hosts: Callable[[], Iterable[str]]
    protocol: Literal["http", "smtp", "imap", "dns"] = "http"
    inside: bool = False


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str] = field(repr=False)  # names in lower case
    body: bytes = field(repr=False)


@dataclass(frozen=True)
class Limits:
    """seconds: for all of it, redirects too; bytes: of the answer."""

    seconds: float = 10.0
    bytes: int = 2**20


_known: dict[str, Destination] = {}


def register(destination: Destination) -> None:
    _known[destination.name] = destination


def destinations() -> list[Destination]:
    """Everything that this installation is made to talk to, by any protocol."""
    return sorted(_known.values(), key=lambda one: one.name)


def request(
    name: str,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    limits: Limits = Limits(),
) -> Answer:
    """Ask a registered destination, within limits.

    GET and HEAD follow a redirect that stays at the destination. Raises Refused, NoAnswer.
    """
    key, began = uuid4().hex[:12], time.monotonic()
    call = _Call(method, dict(headers or {}), body, began + limits.seconds, limits.bytes)
    outcome: object = "failed"
    try:
        answer = _follow(name, url, call)
        outcome = answer.status
    except (Refused, NoAnswer) as error:
        outcome = type(error).__name__
        raise
    finally:
        took = (time.monotonic() - began) * 1000
        log.info("%s %s to %s: %s after %d ms", key, method, name, outcome, took)
    return answer


@dataclass(frozen=True)
class _Call:
    method: str
    headers: dict[str, str]
    body: bytes
    until: float  # time.monotonic()
    most: int

    @property
    def left(self) -> float:
        left = self.until - time.monotonic()
        if left <= 0:
            raise NoAnswer("it took too long")
        return left


def _follow(name: str, url: str, call: _Call) -> Answer:
    for _ in range(MOST_HOPS + 1):
        answer = _once(name, url, call)
        if answer.status not in REDIRECTS or "location" not in answer.headers:
            return answer
        if call.method not in {"GET", "HEAD"}:
            raise Refused("a redirect of what carries content")
        url = urljoin(url, answer.headers["location"])
    raise NoAnswer("too many redirects")


def _once(name: str, url: str, call: _Call) -> Answer:
    destination = _known.get(name)
    if destination is None:
        raise Refused("an unknown destination")
    parts = urlsplit(url)
    port = _permitted_port(destination, parts)
    host = parts.hostname or ""
    connection = _Pinned(host, port, _addresses(destination, host, port), call, parts.scheme)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with _deadline(connection, call):
            connection.request(call.method, path, call.body or None, call.headers)
            return _read(connection.getresponse(), call)
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(type(error).__name__) from None
    finally:
        connection.close()


def _permitted_port(destination: Destination, parts: SplitResult) -> int:
    """Raises Refused unless scheme, host and port are what was registered."""
    schemes = {"http", "https"} if destination.inside else {"https"}
    if destination.protocol != "http" or parts.scheme not in schemes:
        raise Refused("another protocol than was registered")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise Refused("no port") from None
    named = parts.hostname or ""
    wanted = named if port == PORTS[parts.scheme] else f"{named}:{port}"
    if "@" in parts.netloc or wanted not in {host.lower() for host in destination.hosts()}:
        raise Refused("a host that is not registered")
    return port


def _addresses(destination: Destination, host: str, port: int) -> list[str]:
    """Where the name leads; raises Refused when one of its addresses may not be talked to."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise NoAnswer("the name leads nowhere") from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not all(_may_reach(address, inside=destination.inside) for address in addresses):
        raise Refused("an address that is not outside")
    return addresses


def _may_reach(text: str, *, inside: bool) -> bool:
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    if address in METADATA or address.is_link_local or address.is_multicast:
        return False
    if any(address in network for network in TUNNELS if network.version == address.version):
        return False
    return address.is_global or (inside and not address.is_unspecified)


class _Pinned(http.client.HTTPConnection):
    """To one of these addresses, under the name that was asked for."""

    def __init__(
        self, host: str, port: int, addresses: list[str], call: _Call, scheme: str
    ) -> None:
        self.default_port = PORTS[scheme]
        super().__init__(host, port)
        self.addresses, self.call, self.scheme = addresses, call, scheme
        self.wire: socket.socket | None = None  # `sock` is None once an answer is being read

    def connect(self) -> None:
        self.wire = self.sock = self._first_that_answers()
        if self.scheme == "https":
            secure = ssl.create_default_context()
            shaking = secure.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.wire = self.sock = shaking  # before the handshake, so that the deadline can end it
            shaking.do_handshake()

    def _first_that_answers(self) -> socket.socket:
        for address in self.addresses[:-1]:
            try:
                return socket.create_connection((address, self.port), self.call.left / 2)
            except OSError:
                continue
        return socket.create_connection((self.addresses[-1], self.port), self.call.left)


@contextmanager
def _deadline(connection: _Pinned, call: _Call) -> Iterator[None]:
    """Hang up when the time is over: a timeout alone would start anew with every byte."""

    def hang_up() -> None:
        if connection.wire is not None:
            with suppress(OSError):  # it is closed already
                socket.socket.shutdown(connection.wire, socket.SHUT_RDWR)

    timer = threading.Timer(call.left, hang_up)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _read(response: http.client.HTTPResponse, call: _Call) -> Answer:
    body = response.read(call.most + 1)
    if len(body) > call.most:
        raise NoAnswer("the answer is too long")
    if response.length or call.left <= 0:  # `left` raises when we hung up
        raise NoAnswer("the answer broke off")
    headers = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, headers, body)
