"""Who got what, after a run with faults: the recorder's file beside the outbox."""

from bisect import bisect_left
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from bench.world import administrator
from mail.models import Outbox

State = Outbox.State


class Arrival(NamedTuple):
    at: float
    recipient: str
    message_id: str
    told: bool


class Account(NamedTuple):
    """lost: neither received nor failed, suppressed or unknown. misnoted: received, though the
    outbox says failed, suppressed or not tried yet."""

    recipients: int
    received: int
    twice: int
    lost: int
    misnoted: int
    states: Counter[str]
    unknown_but_received: int

    def as_json(self) -> dict[str, Any]:
        facts = {name: value for name, value in self._asdict().items() if name != "states"}
        names = ("sent", "unknown", "failed", "suppressed")
        facts |= {name: self.states[name] for name in names}
        open_rows = sum(n for name, n in self.states.items() if name not in names)
        return facts | {"still_open": open_rows}


def arrivals(path: Path) -> list[Arrival]:
    found = []
    for line in path.read_text().splitlines():
        at, recipient, message_id, told = line.split("\t")
        found.append(Arrival(float(at), recipient, message_id, told == "told"))
    return found


def account_for(mailing_id: int, audience: set[str], received: Counter[str]) -> Account:
    """`received`: how often each address got it."""
    rows = _rows(mailing_id)
    states = Counter(_state_of(address, rows) for address in audience)
    settled = {"failed", "suppressed", "unknown"}
    never = [address for address in audience if not received[address]]
    lost = sum(_state_of(address, rows) not in settled for address in never)
    got = [_state_of(address, rows) for address in audience if received[address]]
    return Account(
        recipients=len(audience),
        received=len(got),
        twice=sum(received[address] > 1 for address in audience),
        lost=lost + len(set(rows) - audience),
        misnoted=sum(state not in {"sent", "unknown"} for state in got),
        states=states,
        unknown_but_received=got.count("unknown"),
    )


def _rows(mailing_id: int) -> dict[str, int]:
    with administrator() as cursor:
        cursor.execute("SELECT address, state FROM mail_outbox WHERE mailing_id = %s", [mailing_id])
        return dict(cursor.fetchall())


def _state_of(address: str, rows: dict[str, int]) -> str:
    """Who was suppressed before the outbox was filled has no row."""
    return State(rows[address]).name.lower() if address in rows else "suppressed"


def refused_for_good(addresses: set[str]) -> set[str]:
    """Those of these transactional mails that the mail server refused (or refused before)."""
    with administrator() as cursor:
        cursor.execute(
            "SELECT address FROM mail_outbox WHERE mailing_id IS NULL AND state IN (6, 7)"
        )
        return {address for (address,) in cursor.fetchall()} & addresses


def longest_pauses(
    faults: list[tuple[float, str]], heard: dict[str, list[float]]
) -> dict[str, dict[str, float]]:
    """Kind of fault → lane → the longest time from one until it delivered again, in seconds."""
    longest: dict[str, dict[str, float]] = {}
    for at, kind in faults:
        lanes = longest.setdefault(kind, dict.fromkeys(heard, 0.0))
        for lane, times in heard.items():
            place = bisect_left(times, at)
            pause = times[place] - at if place < len(times) else 0.0
            lanes[lane] = max(lanes[lane], round(pause, 2))
    return longest
