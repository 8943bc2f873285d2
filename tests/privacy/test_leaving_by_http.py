"""The one way out by HTTP: where it may lead, and where it may not."""

import ast
import logging
import re
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.conf import settings

from comm100.core import egress
from comm100.core.egress import Destination, Limits, NoAnswer, Refused, request
from tests.test_house import FILES, short

pytestmark = [pytest.mark.no_db, pytest.mark.policy("P6.1")]
BY_HAND = re.compile(r"^(requests|httpx|aiohttp|urllib3|urllib\.request|http\.client)\b")
THE_WAY_OUT = "comm100/core/egress.py"


class Server(BaseHTTPRequestHandler):
    def do_GET(self):
        match self.path.partition("?")[0]:
            case "/there":
                self._say(302, b"", Location="/here")
            case "/elsewhere":
                self._say(302, b"", Location="https://elsewhere.example/")
            case "/loop":
                self._say(302, b"", Location="/loop")
            case "/long":
                self._say(200, b"x" * 5000)
            case "/slow":
                self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
                for _ in range(100):
                    self.wfile.write(b".")
                    time.sleep(0.05)
            case _:
                self._say(200, f"{self.headers['Host']} {self.path}".encode())

    do_POST = do_GET  # noqa: N815

    def _say(self, status, body, **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def port():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    monkey: Any = server
    monkey.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()


@pytest.fixture
def leads_to(monkeypatch):
    """What names lead to, and how often that was asked."""
    asked: list[str] = []

    def leads_to(*answers: list[str]):
        waiting, truly = list(answers), socket.getaddrinfo

        def resolve(host, port, *more, **named):
            if host[0].isdecimal():
                return truly(host, port, *more, **named)
            asked.append(host)
            found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            return [(0, 0, 0, "", (address, port)) for address in found]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        return asked

    return leads_to


@pytest.fixture(autouse=True)
def _partners(monkeypatch, port):
    monkeypatch.setattr(egress, "_known", {})
    there: Any = {"purpose": "test", "sends": ""}
    egress.register(Destination(name="ours", hosts=lambda: [f"ours:{port}"], inside=True, **there))
    egress.register(Destination(name="rates", hosts=lambda: ["rates.example"], **there))


def test_no_module_speaks_http_but_the_one():
    found = {}
    for path in FILES:
        if short(path) == THE_WAY_OUT or path.is_relative_to(settings.BASE_DIR / "tests"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{one.name}" for one in node.names)]
            if any(BY_HAND.match(name) for name in names):
                found[short(path)] = names
    assert not found


def test_a_registered_destination_answers(port, leads_to):
    leads_to(["127.0.0.1"])
    answer = request("ours", "GET", f"http://ours:{port}/page?a=1")
    assert (answer.status, answer.body) == (200, f"ours:{port} /page?a=1".encode())


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("nobody", "https://rates.example/"),
        ("rates", "https://other.example/"),
        ("rates", "https://rates.example.evil.example/"),
        ("rates", "http://rates.example/"),
        ("rates", "https://rates.example:8443/"),
        ("rates", "https://rates.example:99999/"),
        ("rates", "https://user@rates.example/"),
        ("rates", "https://rates.example@10.0.0.1/"),
        ("rates", "file:///etc/passwd"),
        ("rates", "//rates.example/"),
    ],
)
def test_what_is_not_registered_is_refused(leads_to, name, url):
    asked = leads_to(["93.184.216.34"])
    with pytest.raises(Refused):
        request(name, "GET", url)
    assert asked == []


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "0.0.0.0",
        "168.63.129.16",
        "224.0.0.1",
        "::1",
        "fe80::1%eth0",
        "fd00:ec2::254",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::1",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
    ],
)
def test_a_name_that_leads_inside_is_refused(leads_to, address):
    leads_to(["93.184.216.34", address])
    with pytest.raises(Refused):
        request("rates", "GET", "https://rates.example/")


@pytest.mark.parametrize("address", ["169.254.169.254", "fd00:ec2::254", "0.0.0.0"])
def test_metadata_is_never_reached_not_even_from_inside(port, leads_to, address):
    leads_to([address])
    with pytest.raises(Refused):
        request("ours", "GET", f"http://ours:{port}/")


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch, leads_to):
    asked = leads_to(["93.184.216.34"], ["127.0.0.1"])
    went: list[object] = []

    def connect(address, *_):
        went.append(address)
        raise OSError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(NoAnswer):
        request("rates", "GET", "https://rates.example/")
    assert (asked, went) == (["rates.example"], [("93.184.216.34", 443)])


def test_redirects_stay_at_the_destination(port, leads_to):
    leads_to(["127.0.0.1"])
    assert request("ours", "GET", f"http://ours:{port}/there").body.endswith(b"/here")
    with pytest.raises(Refused):
        request("ours", "GET", f"http://ours:{port}/elsewhere")
    with pytest.raises(Refused):
        request("ours", "POST", f"http://ours:{port}/there", body=b"name=Cat")
    with pytest.raises(NoAnswer):
        request("ours", "GET", f"http://ours:{port}/loop")


def test_an_answer_has_an_end_in_time_and_in_length(port, leads_to):
    leads_to(["127.0.0.1"])
    with pytest.raises(NoAnswer, match="too long"):
        request("ours", "GET", f"http://ours:{port}/long", limits=Limits(bytes=4999))
    with pytest.raises(NoAnswer):
        request("ours", "GET", f"http://ours:{port}/slow", limits=Limits(seconds=0.3))


def test_the_log_tells_that_it_happened_and_nothing_of_what(port, leads_to, caplog):
    leads_to(["127.0.0.1"])
    with caplog.at_level(logging.DEBUG):
        request("ours", "POST", f"http://ours:{port}/cat?cat=cat", body=b"cat@example.net")
    assert "POST to ours: 200" in caplog.text
    assert "cat" not in caplog.text
