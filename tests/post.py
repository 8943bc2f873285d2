"""A real mail server for tests: `post_office` keeps what arrives and can be told to refuse.

def test_…(post_office):
    …                                   # something sends mail
    post_office.deliver()               # both lanes run until nothing is due
    letter = post_office.to("cat@example.net")[0]
    assert letter.subject == "…" and letter.links
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from comm100.core.addresses import normalise_email
from comm100.embedded.valkey import free_port
from mail import delivery, tasks
from mail.kept import hang_up
from mail.models import Lane


@dataclass
class Letter:
    """One mail as it arrived: the envelope and the message."""

    envelope_from: str
    envelope_to: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)  # type: ignore[return-value]

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def links(self) -> list[str]:
        """Web addresses in the plain part, in order."""
        return [link.rstrip(".,)>") for link in re.findall(r"https?://\S+", self.text)]

    def _part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return str(part.get_content()).replace("\r\n", "\n") if part else ""


@dataclass
class PostOffice:
    """The server's memory and its orders."""

    port: int
    letters: list[Letter] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)  # address → reply to RCPT
    content_replies: list[str] = field(default_factory=list)  # next replies to DATA
    extensions: list[str] = field(default_factory=lambda: ["PIPELINING"])
    on_arrival: Callable[[Letter], None] | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}/"

    def deliver(self) -> list[Letter]:
        """Run both lanes as the workers do until nothing is due; answers all that arrived."""
        for lane in (Lane.TRANSACTIONAL, Lane.MARKETING):
            while delivery.run_lane(lane, seconds=30):
                pass
        tasks.sweep()
        return self.letters

    def to(self, address: str) -> list[Letter]:
        """What arrived for this address, oldest first."""
        wanted = normalise_email(address)
        return [letter for letter in self.letters if normalise_email(letter.envelope_to) == wanted]

    def refuse(self, address: str, reply: str) -> None:
        self.refusals[address] = reply

    # what aiosmtpd calls -----------------------------------------------------------
    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(f"250-{name}" for name in self.extensions), responses[-1]]

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.content_replies.pop(0) if self.content_replies else "250 2.0.0 kept"
        if reply == "drop":
            session.transport_of_test.abort()
            return "250 never seen"
        if reply.startswith("250"):
            for to in envelope.rcpt_tos:
                letter = Letter(envelope.mail_from, to, envelope.original_content)
                self.letters.append(letter)
                if self.on_arrival:
                    self.on_arrival(letter)
        return reply


@pytest.fixture(scope="session")
def mail_server() -> Iterator[PostOffice]:
    office = PostOffice(free_port())
    controller = Controller(
        office, hostname="127.0.0.1", port=office.port, enable_SMTPUTF8=True, ident="test"
    )
    controller.start()
    yield office
    for lane in Lane:
        hang_up(lane)
    controller.stop()


@pytest.fixture
def post_office(mail_server: PostOffice, settings: Any) -> Iterator[PostOffice]:
    """The mail server of this test, empty and obedient; mail that is sent goes there."""
    settings.SMTP_URL = mail_server.url
    mail_server.letters = []
    mail_server.refusals = {}
    mail_server.content_replies = []
    yield mail_server
    mail_server.on_arrival = None
