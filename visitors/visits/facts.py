"""What a request tells of a browser, cut down to what P2.4 names and no more."""

import re
from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from visitors.models.visitor import PAGE_LENGTH

BROWSERS = (  # the first that fits: most claim to be others, too
    ("Edge", "Edg"),
    ("Opera", "OPR/"),
    ("Samsung Internet", "SamsungBrowser"),
    ("Firefox", "Firefox/"),
    ("Firefox", "FxiOS"),
    ("Chrome", "Chrome/"),
    ("Chrome", "CriOS"),
    ("Safari", "Safari/"),
)
# programs that say so themselves
BOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|lighthouse|headless|monitor", re.I)
LANGUAGE = re.compile(r"[a-z]{2,3}", re.I)
LONGEST_PART = 64  # of a path; what is longer is no name of a page
TOKEN = re.compile(r"(?=.*\d)(?=.*[A-Za-z])[A-Za-z0-9_=-]{32,}")
HIDDEN = "…"


@lru_cache(maxsize=512)
def browser_of(user_agent: str) -> str:
    """Its kind, without version, system or anything else that tells one from another."""
    return next((name for name, mark in BROWSERS if mark in user_agent), "Other")


@lru_cache(maxsize=512)
def is_bot(user_agent: str) -> bool:
    return BOT.search(user_agent) is not None


@lru_cache(maxsize=512)
def language_of(accepted: str) -> str:
    """The first language, without its region: `de-AT,de;q=0.9` → `de`; "" for none."""
    first = LANGUAGE.match(accepted.strip())
    return first[0].lower() if first else ""


def address_of(meta: Mapping[str, Any]) -> str | None:
    """The IP address, looking past as many proxies as are ours."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    hops = str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")
    found = hops[-proxies] if 0 < proxies <= len(hops) else meta.get("REMOTE_ADDR", "")
    try:
        return str(ip_address(str(found).strip()))
    except ValueError:
        return None


@lru_cache(maxsize=2048)
def page_of(address: str, own_hosts: tuple[str, ...] = ()) -> str:
    """`https://shop.example/a/b?q=Ann#c` → `shop.example/a/b`; `/a/b` on a host of its own.

    Queries may hold anything; parts of a path that look like an address or a token are hidden.
    """
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    if parts.scheme not in {"", "http", "https"}:
        return ""
    path = "/".join(_plain(part) for part in (parts.path or "/").split("/"))
    return (path if host in own_hosts else f"{host}{path}")[:PAGE_LENGTH]


def _plain(part: str) -> str:
    secret = "@" in part or "%40" in part or len(part) > LONGEST_PART or TOKEN.fullmatch(part)
    printable = "".join(sign for sign in part if sign.isprintable())
    return HIDDEN if secret else printable
