"""The mail server that takes everything: one kept connection, pipelined (RFC 5321, 2920, 6531).

`smtplib` connects, encrypts and signs in; the mails themselves are written here, each body in one
write with the next envelope, so that a mail costs one round trip instead of four.
"""

import smtplib
import socket
import ssl
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, NamedTuple, TypeVar
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from mail.hearing import Ear
from mail.merge import one_line

CONNECT_SECONDS = 15.0
REPLY_SECONDS = 60.0
SEND_BUFFER = 2**18  # bytes: a whole mail and the next envelope go in one call
NOOP_SECONDS = 5.0
IDLE_SECONDS = 10.0  # after that, ask with NOOP whether the server is still there
CLOSING = 421
GO_AHEAD = 354
Stage = Literal["sender", "recipient", "content"]
Reply = tuple[int, str]
T = TypeVar("T")
Waiting = Generator[None, None, T]


class ServerTrouble(RuntimeError):
    """The mail server cannot be used now; no mail is to blame. The message names no secret."""

    def __init__(self, reason: str, relay: str = "") -> None:
        super().__init__(reason)
        self.relay = relay  # Server.name


class Envelope(NamedTuple):
    row_id: int
    sender: str
    recipient: str
    content: bytes  # lines end with CRLF
    is_dotless: bool = False  # no line begins with a dot: what the splicer writes


class Answer(NamedTuple):
    """The server's word on one mail; `stage` is how far it came."""

    envelope: Envelope
    stage: Stage
    code: int
    text: str

    @property
    def accepted(self) -> bool:
        return self.stage == "content" and 200 <= self.code < 300  # noqa: PLR2004


class ConnectionLost(Exception):
    """The server hung up or fell silent.

    uncertain: its body was written and no answer came; current: it was being offered.
    """

    def __init__(
        self, reason: str, *, uncertain: Envelope | None = None, current: Envelope | None = None
    ) -> None:
        super().__init__(reason)
        self.uncertain, self.current = uncertain, current


class _Hangup(Exception):
    """expected: the server said so in its answer to the mail before."""

    def __init__(self, reason: str, *, expected: bool = False) -> None:
        super().__init__(reason)
        self.expected = expected


@dataclass(frozen=True)
class Server:
    """What `SMTP_URL` says: smtp://user:password@host:587/?tls=starttls, smtps://host.

    weight: its share of the connections beside others; connections: most of one process; mails:
    most over one connection; rate: most a second, of all workers; 0: no limit. ca: file with the
    certificates that may vouch for it, else the system's.
    """

    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["", "starttls", "implicit"] = ""
    reply_seconds: float = REPLY_SECONDS
    weight: float = 1.0
    connections: int = 0
    mails: int = 0
    rate: float = 0.0
    ca: str = ""

    @classmethod
    def named(cls, urls: str) -> "tuple[Server, ...]":
        """Every server of a setting, with commas or white space between; the same twice is one."""
        found = {server.name: server for server in map(cls.at, urls.replace(",", " ").split())}
        if not found:
            raise ServerTrouble("SMTP_URL names no mail server.")
        return tuple(found.values())

    @classmethod
    def at(cls, url: str) -> "Server":
        parts = urlsplit(url)
        options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise ServerTrouble("SMTP_URL must look like smtp://host:25/ or smtps://host/.")
        implicit = parts.scheme == "smtps"
        starttls = options.get("tls") == "starttls"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if implicit else 587 if starttls else 25),
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls="implicit" if implicit else "starttls" if starttls else "",
            reply_seconds=float(options.get("timeout", REPLY_SECONDS)),
            weight=max(float(options.get("weight", 1)), 0.001),
            connections=int(options.get("connections", 0)),
            mails=int(options.get("mails", 0)),
            rate=float(options.get("rate", 0)),
            ca=options.get("ca", ""),
        )

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


class Session:
    """One connection to the server."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.accepted = self.offered = 0
        self.quota: int | None = None  # mails that it may still take, None for any
        self._used_at = time.monotonic()
        self.waits_until = 0.0
        self.at_stake: set[int] = set()  # rows that are on their way over it
        try:
            self._smtp = self._connected()
        except (OSError, smtplib.SMTPException) as error:
            raise ServerTrouble(_reason(error), server.name) from error
        self._pipelining = self._smtp.has_extn("pipelining")
        self.utf8 = self._smtp.has_extn("smtputf8")
        self._reset = False
        self._ear = Ear(self._smtp.sock) if self._smtp.sock else None

    @property
    def silent_since(self) -> float:
        return self.waits_until - self.server.reply_seconds

    @property
    def ear(self) -> Ear | None:
        """None once the connection is closed."""
        return self._ear if self._smtp.sock else None

    def _connected(self) -> smtplib.SMTP:
        server = self.server
        secure = ssl.create_default_context(cafile=server.ca or None) if server.tls else None
        wait = min(CONNECT_SECONDS, server.reply_seconds)
        name = settings.MAIL_HOST
        if server.tls == "implicit":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname=name, timeout=wait, context=secure
            )
        else:
            smtp = smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=wait)
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.tls == "starttls":
                smtp.starttls(context=secure)
                smtp.ehlo()
            if server.user:
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("closed at once")
        smtp.sock.settimeout(server.reply_seconds)
        smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        smtp.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        return smtp

    def is_alive(self) -> bool:
        """Whether the server still listens; asks only after a pause."""
        if self._smtp.sock is None:
            return False
        if time.monotonic() - self._used_at < IDLE_SECONDS:
            return True
        self._smtp.sock.settimeout(min(NOOP_SECONDS, self.server.reply_seconds))
        try:
            alive = self._smtp.noop()[0] == 250  # noqa: PLR2004
        except (OSError, smtplib.SMTPException):
            return False
        self._smtp.sock.settimeout(self.server.reply_seconds)
        return alive

    def close(self) -> None:
        try:
            if self._smtp.sock is not None:
                self._smtp.sock.settimeout(1)
                self._smtp.quit()
        except (OSError, smtplib.SMTPException):
            self._smtp.close()

    def deliver(
        self, envelopes: Iterable[Envelope], may_write: Callable[[], bool] = lambda: True
    ) -> Generator[Answer | None, None, None]:
        """Offer each mail once, in order, and answer what the server said to it; None while
        there is nothing to hear, until `waits_until`, so that others may be served meanwhile.

        may_write is asked right before each text; the connection is closed when it says no.

        Raises:
            ConnectionLost: what got no answer by then was not sent, but for `uncertain`.
        """
        body: tuple[bytes, ...] = ()
        pending: Envelope | None = None
        for envelope in self._allowed(envelopes):
            try:
                commands = self._commands(envelope)
                self.at_stake = {one.row_id for one in (pending, envelope) if one}
                self._still(may_write, pending)
                self._write(b"".join((*body, *commands) if self._pipelining else body))
                if pending:
                    answer, pending = (yield from self._content_answer(pending)), None
                    yield answer
                    if answer.code == CLOSING:
                        raise _Hangup(answer.text, expected=True)
                refusal = yield from self._refusal(envelope, (yield from self._replies(commands)))
            except _Hangup as hangup:
                self._smtp.close()
                current = envelope if pending is None and not hangup.expected else None
                raise ConnectionLost(str(hangup), uncertain=pending, current=current) from hangup
            if refusal:
                body = ()
                yield refusal
            else:
                body, pending = _framed(envelope), envelope
        if pending:
            self._still(may_write, pending)
            yield from self._last(pending, b"".join(body))

    @property
    def is_worn(self) -> bool:
        """Whether the server wants no more over this connection."""
        return 0 < self.server.mails <= self.offered

    def _allowed(self, envelopes: Iterable[Envelope]) -> Iterator[Envelope]:
        rest = iter(envelopes)
        while not self.is_worn and self.quota != 0:
            envelope = next(rest, None)
            if envelope is None:
                return
            self.offered += 1
            self.quota = None if self.quota is None else self.quota - 1
            yield envelope

    def _still(self, may_write: Callable[[], bool], pending: Envelope | None) -> None:
        if pending and not may_write():
            self._smtp.close()
            raise ConnectionLost("It took too long to be sure that it is ours.", current=pending)

    def _last(self, pending: Envelope, body: bytes) -> Generator[Answer | None, None, None]:
        try:
            self._write(body)
            yield (yield from self._content_answer(pending))
        except _Hangup as hangup:
            self._smtp.close()
            raise ConnectionLost(str(hangup), uncertain=pending) from hangup

    def _commands(self, envelope: Envelope) -> list[bytes]:
        utf8 = " SMTPUTF8" if not envelope.recipient.isascii() else ""
        commands = [
            f"MAIL FROM:<{envelope.sender}>{utf8}\r\n".encode(),
            f"RCPT TO:<{envelope.recipient}>\r\n".encode(),
            b"DATA\r\n",
        ]
        return [b"RSET\r\n", *commands] if self._reset else commands

    def _replies(self, commands: list[bytes]) -> Waiting[list[Reply]]:
        """One reply a command; without pipelining none is written after a refusal."""
        replies: list[Reply] = []
        for command in commands:
            if not self._pipelining:
                self._write(command)
            replies.append((yield from self._reply()))
            if not self._pipelining and replies[-1][0] >= 400:  # noqa: PLR2004
                break
        if self._reset:
            del replies[0]
            self._reset = False
        return replies

    def _refusal(self, envelope: Envelope, replies: list[Reply]) -> Waiting[Answer | None]:
        stages: tuple[Stage, ...] = ("sender", "recipient", "content")
        for stage, (code, text) in zip(stages, replies, strict=False):
            if code >= 400:  # noqa: PLR2004
                self._reset = True
                yield from self._end_empty_data(replies)
                return Answer(envelope, stage, code, text)
        return None

    def _end_empty_data(self, replies: list[Reply]) -> Waiting[None]:
        """RFC 2920, 3.1: a server may say 354 though it refused the recipient before."""
        if replies[-1][0] == GO_AHEAD:
            self._write(b".\r\n")
            yield from self._reply()

    def _content_answer(self, envelope: Envelope) -> Waiting[Answer]:
        code, text = yield from self._reply(may_close=True)
        if code < 300:  # noqa: PLR2004
            self.accepted += 1
        if code == CLOSING:  # this mail was refused for now; the next needs a new connection
            self._smtp.close()
        return Answer(envelope, "content", code, text)

    def _write(self, octets: bytes) -> None:
        if not octets:
            return
        if self._smtp.sock is None:
            raise _Hangup("The connection is closed.")
        try:
            self._smtp.sock.sendall(octets)
        except OSError as error:
            raise _Hangup(_reason(error)) from error

    def _reply(self, *, may_close: bool = False) -> Waiting[Reply]:
        if self.ear is None:
            raise _Hangup("The connection is closed.")
        code, text = self.ear.next_reply() or (yield from self._next_reply())
        if code < 0 or (code == CLOSING and not may_close):
            raise _Hangup(f"{code} {_readable(text)}")
        return code, _readable(text)

    def _next_reply(self) -> Waiting[tuple[int, bytes]]:
        """One that has not come yet."""
        self.waits_until = time.monotonic() + self.server.reply_seconds
        try:
            while self.ear:
                yield None
                self.ear.listen(self.waits_until)
                if said := self.ear.next_reply():
                    self._used_at = time.monotonic()
                    return said
        except OSError as error:
            raise _Hangup(_reason(error)) from error
        finally:
            self.waits_until = 0.0
        raise _Hangup("The connection is closed.")


def _framed(envelope: Envelope) -> tuple[bytes, ...]:
    """The text as DATA carries it, with what ends it (RFC 5321, 4.5.2): a line that begins with a
    dot gets another."""
    content = envelope.content
    if not envelope.is_dotless:
        content = content.replace(b"\r\n.", b"\r\n..")
        if content.startswith(b"."):
            content = b"." + content
    return content, b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n"


@lru_cache(maxsize=64)  # most say the same to most commands
def _readable(text: bytes) -> str:
    return one_line(text.decode("utf-8", "replace"))[:300]


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error
        return f"{error.smtp_code} {_readable(said if isinstance(said, bytes) else said.encode())}"
    return one_line(str(error))[:300] or type(error).__name__
