"""How long the main pages take, in a site with a million contacts among 10,000 others.

Keys: p95_ms_max, queries_max, ratio_to_small_max, pages: {name: {p50_ms, p95_ms, queries}}.
`ratio_to_small` compares the medians with the same pages of a site with 10,000 contacts, in the
same database and the same run. Requests go through the whole stack of middleware, in process.
"""

import time
from statistics import median, quantiles
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.world import build_others, build_site, family_name

PAGES = {
    "home": "",
    "contacts": "contacts/",
    "contacts, searched": f"contacts/?q={family_name(777)}",
    "contacts, deep page": "contacts/?before=5000",
    "contact": "contacts/77/",
    "imports": "contacts/imports/",
    "lists": "newsletter/lists/",
    "list members": "newsletter/lists/1/",
    "campaigns": "newsletter/",
    "campaign report": "newsletter/60/",
    "deliveries": "newsletter/60/deliveries/",
    "operators": "operators/",
    "journal": "journal/",
}
FRAME = {"BEGIN", "COMMIT"}  # of the one transaction around each request
WARM_UP_REQUESTS = 3


class Browser(Client):
    """Keeps the session's secret in its cookie, as accounts/sessions.py does."""

    def _set_login_cookies(self, request: Any) -> None:
        self.cookies[settings.SESSION_COOKIE_NAME] = request.session.secret


def run(quick: bool) -> dict[str, Any]:
    large, others, rounds = (100_000, 1_000, 20) if quick else (1_000_000, 10_000, 60)
    small_owner, small = build_site("small", 1_000 if quick else 10_000)
    large_owner, big = build_site("large", large)
    build_others(others)
    pages = {}
    for name, path in PAGES.items():
        few = _measure(small_owner, f"/s/{small.slug}/{path}", rounds)
        many = _measure(large_owner, f"/s/{big.slug}/{path}", rounds)
        pages[name] = many | {"ratio_to_small": round(many["p50_ms"] / few["p50_ms"], 2)}
    return {
        "contacts": large,
        "other_sites": others,
        "p95_ms_max": max(page["p95_ms"] for page in pages.values()),
        "queries_max": max(page["queries"] for page in pages.values()),
        "ratio_to_small_max": max(page["ratio_to_small"] for page in pages.values()),
        "pages": pages,
    }


def _measure(owner: Any, url: str, rounds: int) -> dict[str, Any]:
    client = Browser()
    client.force_login(owner)
    for _ in range(WARM_UP_REQUESTS):
        response = client.get(url)
        assert response.status_code == 200, (url, response.status_code)
    with CaptureQueriesContext(connection) as captured:
        client.get(url)
        queries = len([q for q in captured if q["sql"] not in FRAME])
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        client.get(url)
        times.append((time.perf_counter() - started) * 1000)
    return {
        "p50_ms": round(median(times), 1),
        "p95_ms": round(quantiles(times, n=20)[-1], 1),
        "queries": queries,
    }
