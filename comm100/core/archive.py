"""A ZIP that is written in slices: a kill loses the slice at work and nothing that was committed.

What is known of the file stands in a `Ledger`, which its owner commits beside its own progress;
the file is cut back to it before more is written. A member's parts are deflated one by one, each
flushed to a full byte, so that together they are one stream (RFC 1951); sizes are always those of
ZIP64 (APPNOTE 4.5.3), so nothing is too large.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

LARGE, LARGE_16 = 0xFFFFFFFF, 0xFFFF  # "see ZIP64"
VERSION, UTF8, DEFLATED = 45, 0x800, 8
DAY_ONE = 0x21  # 1 January 1980: no times, so that the same rows make the same file
END_OF_STREAM = b"\x03\x00"  # an empty last block
READ = 2**20
LEVEL = 3  # twice as fast as the usual 6, and the file a tenth larger


class Broken(ValueError):
    """The file is not what its ledger says."""


@dataclass
class Member:
    """One file of the archive; `digest` is empty while it is being written."""

    name: str
    offset: int
    crc: int = 0
    size: int = 0
    packed: int = 0
    rows: int = 0
    digest: str = ""


@dataclass
class Ledger:
    """How far the file is; `mark` is where the source of the open member goes on."""

    end: int = 0
    mark: int = 0
    members: list[Member] = field(default_factory=list)

    @classmethod
    def from_facts(cls, facts: dict[str, Any]) -> "Ledger":
        members = [Member(**one) for one in facts.get("members", [])]
        return cls(facts.get("end", 0), facts.get("mark", 0), members)

    def facts(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def opened(self) -> Member | None:
        last = self.members[-1] if self.members else None
        return last if last and not last.digest else None

    @property
    def rows(self) -> int:
        return sum(member.rows for member in self.members)


class Archive:
    """The file at `path`, cut back to its ledger."""

    def __init__(self, path: Path, ledger: Ledger) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.ledger = ledger
        self.file: IO[bytes] = path.open("r+b" if path.exists() else "x+b")
        if self.file.seek(0, 2) < ledger.end:
            self.file.close()
            raise Broken(f"{path.name} is shorter than it was")
        self.file.truncate(ledger.end)
        self.file.seek(ledger.end)

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def begin(self, name: str) -> Member:
        member = Member(name, self.ledger.end)
        self._write(_local_header(member))
        self.ledger.members.append(member)
        self.ledger.mark = 0
        return member

    def add(self, data: bytes, *, rows: int = 0) -> None:
        """More of the member that is open."""
        member = self._opened()
        deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        packed = deflate.compress(data) + deflate.flush(zlib.Z_FULL_FLUSH)
        self._write(packed)
        member.crc = zlib.crc32(data, member.crc)
        member.size += len(data)
        member.packed += len(packed)
        member.rows += rows

    def close(self) -> None:
        """The open member is whole: its header learns the sizes, and it is read back."""
        member = self._opened()
        self._write(END_OF_STREAM)
        member.packed += len(END_OF_STREAM)
        self.file.seek(member.offset)
        self.file.write(_local_header(member))
        digest, crc = sha256(), 0
        for data in self._read(member):
            digest.update(data)
            crc = zlib.crc32(data, crc)
        if crc != member.crc:
            raise Broken(f"{member.name} is not what was written")
        member.digest = digest.hexdigest()
        self.file.seek(self.ledger.end)

    def finish(self) -> str:
        """Write the directory; answer the SHA-256 of the whole file."""
        start = self.ledger.end
        for member in self.ledger.members:
            self._write(_central_header(member))
        self._write(_end(len(self.ledger.members), start, self.ledger.end - start))
        self.file.flush()
        self.file.seek(0)
        digest = sha256()
        while data := self.file.read(READ):
            digest.update(data)
        return digest.hexdigest()

    def _opened(self) -> Member:
        member = self.ledger.opened
        if member is None:
            raise Broken("no member is open")
        return member

    def _write(self, data: bytes) -> None:
        self.file.write(data)
        self.ledger.end += len(data)

    def _read(self, member: Member) -> Iterator[bytes]:
        self.file.flush()
        self.file.seek(member.offset + len(_local_header(member)))
        inflate, left = zlib.decompressobj(-zlib.MAX_WBITS), member.packed
        while left:
            packed = self.file.read(min(left, READ))
            if not packed:
                raise Broken(f"{member.name} ends too soon")
            left -= len(packed)
            while packed:
                yield inflate.decompress(packed, READ)
                packed = inflate.unconsumed_tail
        yield inflate.flush()


def _local_header(member: Member) -> bytes:
    name = member.name.encode()
    sizes = struct.pack("<HHQQ", 1, 16, member.size, member.packed)
    head = struct.pack(
        "<4sHHHHHLLLHH",
        b"PK\x03\x04",
        *(VERSION, UTF8, DEFLATED, 0, DAY_ONE, member.crc, LARGE, LARGE, len(name), len(sizes)),
    )
    return head + name + sizes


def _central_header(member: Member) -> bytes:
    name = member.name.encode()
    sizes = struct.pack("<HHQQQ", 1, 24, member.size, member.packed, member.offset)
    head = struct.pack(
        "<4sHHHHHHLLLHHHHHLL",
        b"PK\x01\x02",
        *(VERSION, VERSION, UTF8, DEFLATED, 0, DAY_ONE, member.crc, LARGE, LARGE),
        *(len(name), len(sizes), 0, 0, 0, 0o600 << 16, LARGE),
    )
    return head + name + sizes


def _end(members: int, start: int, size: int) -> bytes:
    large = struct.pack(
        "<4sQHHLLQQQQ", b"PK\x06\x06", 44, VERSION, VERSION, 0, 0, members, members, size, start
    )
    where = struct.pack("<4sLQL", b"PK\x06\x07", 0, start + size, 1)
    few = min(members, LARGE_16)
    return large + where + struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, few, few, LARGE, LARGE, 0)
