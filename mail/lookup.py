"""Questions to the DNS, with an end: the name servers of COMM100_DNS_SERVERS, else the system's."""

from collections.abc import Callable
from typing import Any

import dns.exception
import dns.resolver
from django.conf import settings
from dns.nameserver import Do53Nameserver

ONE_TRY, ALL_TRIES = 2.0, 5.0  # seconds


class DnsSilent(RuntimeError):
    """No name server gave an answer: that says nothing about the record."""


def texts(name: str) -> list[str]:
    """TXT records, each with its strings joined (RFC 7208, 3.3)."""
    return _ask(name, "TXT", lambda row: b"".join(row.strings).decode("utf-8", "replace"))


def alias(name: str) -> str:
    """The target of a CNAME, "" without one."""
    found = _ask(name, "CNAME", lambda row: _plain(row.target))
    return found[0] if found else ""


def exchangers(name: str) -> list[str]:
    """The hosts of MX records, the preferred first; aliases are followed."""
    rows = sorted(_ask(name, "MX", lambda row: (row.preference, _plain(row.exchange))))
    return [host for _, host in rows]


def _plain(name: Any) -> str:
    return str(name).rstrip(".").lower()


def _ask(name: str, kind: str, read: Callable[[Any], Any]) -> list[Any]:
    try:
        answer = _resolver().resolve(name, kind, raise_on_no_answer=False, search=False)
    except dns.resolver.NXDOMAIN:
        return []
    except (dns.exception.DNSException, OSError, UnicodeError) as error:
        raise DnsSilent(f"{kind} {name}: {type(error).__name__}") from error
    return [read(row) for row in answer.rrset or () if row.rdtype.name == kind]


def _resolver() -> dns.resolver.Resolver:
    resolver = dns.resolver.Resolver(configure=not settings.DNS_SERVERS)
    if settings.DNS_SERVERS:
        resolver.nameservers = [_server(address) for address in settings.DNS_SERVERS]
    resolver.timeout, resolver.lifetime = ONE_TRY, ALL_TRIES
    return resolver


def _server(address: str) -> Do53Nameserver:
    """`9.9.9.9`, `127.0.0.1:5353`, `[2620:fe::9]:53`."""
    host, colon, port = address.rpartition(":")
    if not colon or (":" in host and not host.startswith("[")):
        host, port = address, ""
    return Do53Nameserver(host.strip("[]"), int(port or 53))
