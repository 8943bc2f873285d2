"""Who else gets to see personal data: made from what this installation really talks to (P6.1).

Whatever leaves has a `Handover` here: what it is for and which data goes. A destination of the
egress client without one stops the start. The settings say who runs a host, and where:
COMM100_HOSTING for the machines, COMM100_SUBPROCESSORS for the hosts of others.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004

from comm100.core.egress import destinations

OURS = (".localhost", ".local", ".internal", ".lan")  # names that lead nowhere else
UNNAMED = "country not said"


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What goes to a kind of place. data: which personal data, in words; "" for none.

    place: the name of a destination in comm100/core/egress.py, or with `hosts` one of its own,
    for what is reached by other ways.
    """

    place: str
    what: str
    data: str
    hosts: Callable[[], Iterable[str]] | None = None


@dataclass(frozen=True, order=True)
class Party:
    """Somebody who handles personal data for the company. host: "" for who runs the machines."""

    name: str
    country: str
    what: str
    data: str
    host: str = ""


@dataclass(frozen=True)
class Asked:
    """Somebody who is asked something that tells of nobody."""

    host: str
    what: str


_handovers: dict[str, Handover] = {}


def hand_over(*handovers: Handover) -> None:
    _handovers.update({handover.place: handover for handover in handovers})


def subprocessors() -> list[Party]:
    """Who gets personal data at present; nobody where everything stays on own machines."""
    known = {host: (name, country) for host, name, country in _lines("SUBPROCESSORS")}
    found = {
        Party(name, country, what, "all that is kept here")
        for name, country, what in _lines("HOSTING")
    }
    for host, handover in _outside():
        name, country = known.get(host, (host, UNNAMED))
        if handover.data:
            found.add(Party(name, country, handover.what, handover.data, host))
    return sorted(found)


def asked() -> list[Asked]:
    """Who is asked without personal data."""
    return [Asked(host, handover.what) for host, handover in _outside() if not handover.data]


def _outside() -> Iterator[tuple[str, Handover]]:
    """Hosts that are not ours. What nobody explained is shown by the words it registered with."""
    for destination in destinations():
        told = Handover(place=destination.name, what=destination.purpose, data=destination.sends)
        for host in () if destination.inside else destination.hosts():
            if not is_ours(bare(host)):
                yield bare(host), _handovers.get(destination.name, told)
    for handover in _handovers.values():
        for host in handover.hosts() if handover.hosts else ():
            if not is_ours(bare(host)):
                yield bare(host), handover


def bare(host: str) -> str:
    """`mx.example:25` → `mx.example`, `[2001:db8::1]:25` → `2001:db8::1`."""
    if host.startswith("[") or host.count(":") == 1:
        return urlsplit(f"//{host}").hostname or host
    return host.lower()


def is_ours(host: str) -> bool:
    """On this machine or a private network: a short name, a socket, a private address."""
    if host in {"", settings.HOST.split(":")[0]} or host.startswith("/") or host.endswith(OURS):
        return True
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host and " " not in host


def _lines(setting: str) -> list[tuple[str, str, str]]:
    """`Name | country | what for` → the three; lines that are not three are refused below."""
    rows = [[part.strip() for part in line.split("|")] for line in getattr(settings, setting)]
    return [(row[0], row[1], row[2]) for row in rows if len(row) == 3]  # noqa: PLR2004


@register()
def what_leaves_is_explained(app_configs: Any, **_: Any) -> list[CheckMessage]:
    return [*_unexplained(), *_unreadable(), *_unnamed()]


def _unexplained() -> Iterator[CheckMessage]:
    for destination in destinations():
        if not destination.inside and destination.name not in _handovers:
            yield Error(
                f"Nobody said what goes to “{destination.name}”.",
                hint="Register a Handover beside the Destination (comm100/core/subprocessors.py).",
                id="subprocessors.E001",
            )


def _unreadable() -> Iterator[CheckMessage]:
    for setting, shape in (
        ("HOSTING", "name | country | what for"),
        ("SUBPROCESSORS", "host | name | country"),
    ):
        if len(_lines(setting)) != len(getattr(settings, setting)):
            told = f"COMM100_{setting} has lines that are not `{shape}`, with ; between them."
            yield Error(told, id="subprocessors.E002")


def _unnamed() -> Iterator[CheckMessage]:
    for one in subprocessors():
        if one.country == UNNAMED:
            hint = f"COMM100_SUBPROCESSORS: `{one.host} | name | country`."
            told = f"Nobody said who runs {one.host}, and where; the public page says so, too."
            yield Warning(told, hint=hint, id="subprocessors.W001")


def _database() -> list[str]:
    return [str(settings.DATABASES["default"].get("HOST") or "")]


def _broker() -> list[str]:
    return [urlsplit(settings.REDIS_URL).hostname or ""]


hand_over(
    Handover(
        place="database",
        what="Keeps the database",
        data="all that is kept here but uploaded files",
        hosts=_database,
    ),
    Handover(
        place="broker",
        what="Keeps what waits to be done, and visits for seconds until they are rows",
        data="numbers of records; pages, browser, language and IP address of a visit",
        hosts=_broker,
    ),
)
