"""A real name server for tests, on the loopback: `name_server.put("TXT", "shop.example", "…")`."""

import socketserver
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest


class NameServer(socketserver.ThreadingUDPServer):
    """Answers from `zone`; is silent about names in `silent`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Question)
        self.forget()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def forget(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = defaultdict(list)
        self.silent: set[str] = set()
        self.asked: list[str] = []

    def put(self, kind: str, name: str, *values: str) -> None:
        """These values, instead of what stood there; none: the name is gone."""
        key = (name.lower().rstrip("."), kind)
        self.zone.pop(key, None)
        if values:
            self.zone[key] = [_text(value) if kind == "TXT" else value for value in values]

    def texts(self, name: str) -> bytes:
        """For an independent verifier: the first TXT, its strings joined."""
        found = self.zone.get((name.rstrip("."), "TXT"), [""])
        return found[0].replace('" "', "").strip('"').encode()


def _text(value: str) -> str:
    return " ".join(f'"{value[at : at + 255]}"' for at in range(0, len(value), 255))


class _Question(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        octets, channel = self.request
        question = dns.message.from_wire(octets)
        name = str(question.question[0].name).rstrip(".").lower()
        self.server.asked.append(name)
        if name not in self.server.silent:
            channel.sendto(self.answer(question, name).to_wire(), self.client_address)

    def answer(self, question: Any, name: str) -> Any:
        response = dns.message.make_response(question)
        response.flags |= dns.flags.RA
        kind = dns.rdatatype.to_text(question.question[0].rdtype)
        if values := self.server.zone.get((name, kind)):
            response.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", kind, *values))
        elif not any(known == name for known, _ in list(self.server.zone)):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


@pytest.fixture(scope="session")
def dns_on_loopback() -> Iterator[NameServer]:
    with NameServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def name_server(dns_on_loopback: NameServer, settings: Any) -> NameServer:
    """The name server that we ask, knowing nothing yet."""
    settings.DNS_SERVERS = [dns_on_loopback.address]
    dns_on_loopback.forget()
    return dns_on_loopback
