"""A mailbox that speaks IMAP (RFC 3501), as much of it as reading one needs; TLS aside."""

import re
import socketserver
import threading
from dataclasses import dataclass, field


@dataclass
class ImapMailbox:
    """Mails by UID, their flags, and every command that came."""

    port: int = 0
    validity: int = 7
    mails: dict[int, bytes] = field(default_factory=dict)
    flags: dict[int, set[str]] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    next_uid: int = 1

    @property
    def url(self) -> str:
        return f"imap://ann:pa%40ss@127.0.0.1:{self.port}/INBOX"

    def put(self, raw: bytes) -> int:
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.mails[uid], self.flags[uid] = raw, set()
        return uid

    # one command, its untagged answers ------------------------------------------
    def answer(self, command: str, words: str) -> list[bytes]:
        return getattr(self, f"_{command.lower()}", lambda _: [])(words)

    def _capability(self, words: str) -> list[bytes]:
        return [b"* CAPABILITY IMAP4rev1"]

    def _login(self, words: str) -> list[bytes]:
        if words.replace('"', "") != "ann pa@ss":
            raise PermissionError
        return []

    def _select(self, words: str) -> list[bytes]:
        return [b"* %d EXISTS" % len(self.mails), b"* OK [UIDVALIDITY %d] ok" % self.validity]

    def _uid(self, words: str) -> list[bytes]:
        what, rest = words.split(" ", 1)
        return getattr(self, f"_uid_{what.lower()}")(rest)

    def _uid_search(self, words: str) -> list[bytes]:
        first = int(re.search(r"UID (\d+):\*", words)[1])
        found = [uid for uid in self.mails if uid >= first] or list(self.mails)[-1:]
        return [b"* SEARCH " + b" ".join(b"%d" % uid for uid in found)]

    def _uid_fetch(self, words: str) -> list[bytes]:
        uid, rest = words.split(" ", 1)
        most = int(re.search(r"<0\.(\d+)>", rest)[1])
        raw = self.mails[int(uid)][:most]
        if ".PEEK" not in rest:
            self.flags[int(uid)].add(r"\Seen")
        head = b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n" % (uid.encode(), len(raw))
        return [head + raw + b")"]

    def _uid_store(self, words: str) -> list[bytes]:
        uid, _, flags = words.split(" ", 2)
        self.flags[int(uid)] |= set(flags.strip("()").split())
        return []

    def _expunge(self, words: str) -> list[bytes]:
        for uid in [uid for uid, flags in self.flags.items() if r"\Deleted" in flags]:
            del self.mails[uid], self.flags[uid]
        return []


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        mailbox: ImapMailbox = self.server.mailbox
        self.wfile.write(b"* OK ready\r\n")
        for line in self.rfile:
            tag, command, *words = line.decode().rstrip("\r\n").split(" ", 2)
            mailbox.commands.append(f"{command} {' '.join(words)}")
            try:
                told = mailbox.answer(command, " ".join(words))
                self.wfile.write(b"".join(one + b"\r\n" for one in told))
                self.wfile.write(f"{tag} OK done\r\n".encode())
            except PermissionError:
                self.wfile.write(f"{tag} NO wrong password\r\n".encode())
            if command.upper() == "LOGOUT":
                return


def serve_mailbox() -> tuple[ImapMailbox, socketserver.ThreadingTCPServer]:
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Talk)
    server.daemon_threads = True
    server.mailbox = ImapMailbox(port=server.server_address[1])
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
    return server.mailbox, server
