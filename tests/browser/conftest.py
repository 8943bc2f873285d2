"""Browser tests: the real product (web, both workers, beat) on this run's database, and Chromium.

`page` opens it (`page.goto("/")`), `mailbox` is the SMTP server that it sends to, `sign_in_here`
signs the browser in. The cast of tests/conftest.py stands in the same database. Tasks that the
test itself sends off run in the real workers.
"""

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import urlopen

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from redis import Redis

from accounts.models import User
from comm100.celery import app as celery
from comm100.embedded import chromium
from comm100.embedded.running import running
from comm100.embedded.valkey import free_port
from operators.models import Operator

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright keeps an event loop in this thread
PATIENCE = 60.0  # seconds that a mail may take through queue, worker and SMTP


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@dataclass
class Mailbox:
    """What arrived by SMTP, oldest first."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=policy.default)
        message["X-Envelope-To"] = ", ".join(envelope.rcpt_tos)
        self.messages.append(message)
        return "250 kept"

    def to(self, address: str) -> list[EmailMessage]:
        return [m for m in self.messages if address in m["X-Envelope-To"]]

    def wait_for(self, address: str, subject: str = "") -> EmailMessage:
        """The first mail to `address` with `subject` in its subject; waits PATIENCE for it."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for message in self.to(address):
                if subject in message["Subject"]:
                    return message
            time.sleep(0.05)
        seen = [(m["X-Envelope-To"], m["Subject"]) for m in self.messages]
        raise AssertionError(f"no mail to {address} with “{subject}”; there are {seen}")


@pytest.fixture(scope="session")
def _sink() -> Iterator[Mailbox]:
    mailbox = Mailbox(free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    yield mailbox
    controller.stop()


@pytest.fixture
def mailbox(_sink: Mailbox) -> Iterator[Mailbox]:
    _sink.messages.clear()
    yield _sink
    _sink.messages.clear()


@pytest.fixture(scope="session")
def live_url() -> str:
    """The address of the running product."""
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture(scope="package")
def product(live_url: str, django_db_setup: None, _sink: Mailbox) -> Iterator[None]:
    """It runs for the tests of this folder only: its workers would do the work of the others."""
    redis, address = _redis_of_product(), urlsplit(live_url)
    env = os.environ | {
        "COMM100_HOST": address.netloc,
        "COMM100_TASKS_EAGER": "false",
        "REDIS_URL": redis,
        "SMTP_URL": f"smtp://127.0.0.1:{_sink.port}",
        "GRANIAN_HOST": "127.0.0.1",
        "GRANIAN_PORT": str(address.port),
    }
    celery.conf.broker_url = redis
    log = Path(env["COMM100_DATA"]) / "processes.log"
    names = ("web", "worker-transactional", "worker-marketing", "beat")
    with running(env, *names, log=log) as children:
        _wait_until_healthy(live_url, children, log)
        yield


def _redis_of_product() -> str:
    """Not the number of the tests: they flush theirs after each test, and with it the queues."""
    parts = urlsplit(os.environ["REDIS_URL"])
    return urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/')) + 7}"))


def _wait_until_healthy(url: str, children: dict[str, Any], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and all(c.running for c in children.values()):
        try:
            with urlopen(f"{url}/health/", timeout=5) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"the product does not answer:\n{log.read_text()[-3000:]}")


@pytest.fixture(scope="session")
def base_url(live_url: str) -> str:
    return live_url


@pytest.fixture(autouse=True)
def _workers_do_the_work(product: None) -> Iterator[None]:
    celery.conf.task_always_eager = False
    yield
    celery.conf.task_always_eager = True
    redis = Redis.from_url(_redis_of_product())
    for key in redis.scan_iter(f"{settings.CACHES['default']['KEY_PREFIX']}:*"):
        if b"probe" not in key:  # throttles go; queues and the workers' signs of life stay
            redis.delete(key)
    cache.clear()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    path = chromium.find()
    if path is None:
        pytest.exit("No Chromium: install it, or name one in COMM100_CHROMIUM.", returncode=1)
    return browser_type_launch_args | {"executable_path": path, "args": chromium.arguments()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return browser_context_args | {"viewport": {"width": 1280, "height": 800}, "locale": "en"}


@pytest.fixture
def sign_in_here(context: Any, live_url: str) -> Callable[[Operator | User], None]:
    """Sign the browser in as somebody, without the form."""

    def sign_in(who: Operator | User) -> None:
        client = Client()
        client.force_login(who.user if isinstance(who, Operator) else who)
        name = settings.SESSION_COOKIE_NAME
        value = client.cookies[name].value
        context.add_cookies([{"name": name, "value": value, "url": live_url}])

    return sign_in
