"""The letterbox: a mail server for development that keeps what it gets, as files to look at."""

import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from functools import cached_property, lru_cache
from pathlib import Path
from secrets import token_hex
from typing import Any

MOST = 2000  # mails kept, the newest
_ENVELOPE = b"X-Letterbox-To: "
_NAME = re.compile(r"\d{20}-[0-9a-f]{8}")
_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Kept:
    """One mail as it came in."""

    key: str
    to: str
    raw: bytes

    @cached_property
    def message(self) -> EmailMessage:
        return message_from_bytes(self.raw, _class=EmailMessage, policy=policy.default)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def sender_name(self) -> str:
        name, address = parseaddr(self.sender)
        return name or address

    @property
    def arrived(self) -> datetime:
        return datetime.fromtimestamp(int(self.key[:20]) / 1e9, UTC)

    @property
    def text(self) -> str:
        return self._part("plain")

    @property
    def html(self) -> str:
        return self._part("html")

    @property
    def links(self) -> list[str]:
        """Web addresses in the plain part, each once."""
        found = (link.rstrip(".,;:!?)]") for link in _LINK.findall(self.text))
        return list(dict.fromkeys(found))

    @property
    def source(self) -> str:
        return self.raw.decode("utf-8", "replace").replace("\r\n", "\n")

    def _part(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        try:
            return str(part.get_content()).strip() if part else ""
        except (LookupError, KeyError):  # a charset nobody knows
            return ""


class Letterbox:
    """A folder of mails: newest last by name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def keep(self, to: str, raw: bytes) -> str:
        """Keep one mail whole, or not at all; answers its key."""
        self.folder.mkdir(parents=True, exist_ok=True)
        key = f"{time.time_ns():020d}-{token_hex(4)}"
        half = self.folder / f".{key}"
        half.write_bytes(_ENVELOPE + to.encode() + b"\r\n" + raw)
        half.rename(self.folder / f"{key}.eml")
        return key

    def keys(self) -> list[str]:
        """All keys, newest first."""
        if not self.folder.is_dir():
            return []
        return sorted((p.stem for p in self.folder.glob("*.eml")), reverse=True)

    def get(self, key: str) -> Kept | None:
        return _read(self.folder / f"{key}.eml") if _NAME.fullmatch(key) else None

    def page(self, size: int, *, before: str = "") -> Iterator[Kept]:
        """The newest mails, or those older than the key `before`."""
        older = (key for key in self.keys() if not before or key < before)
        found = (self.get(key) for key, _ in zip(older, range(size), strict=False))
        return (kept for kept in found if kept)

    def remove(self, key: str) -> None:
        (self.folder / f"{key}.eml").unlink(missing_ok=True)


@lru_cache(maxsize=200)  # files never change
def _read(path: Path) -> Kept | None:
    try:
        first, _, raw = path.read_bytes().partition(b"\r\n")
    except FileNotFoundError:
        return None
    return Kept(path.stem, first.removeprefix(_ENVELOPE).decode(), raw)


class Keeper:
    """What aiosmtpd calls for each mail; forgets the oldest when there are too many."""

    def __init__(self, letterbox: Letterbox, most: int = MOST) -> None:
        self.letterbox, self.most = letterbox, most
        self.known = deque(reversed(letterbox.keys()))

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        for to in envelope.rcpt_tos:
            self.known.append(self.letterbox.keep(to, envelope.original_content))
        while len(self.known) > self.most:
            self.letterbox.remove(self.known.popleft())
        return "250 2.0.0 kept"
