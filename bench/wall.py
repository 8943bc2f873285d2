"""What the wall costs: a record opened by staff, and row-level security on the main pages' queries.

Keys: declare_ms and read_ms (medians of the two requests of a staff member: the journal entry
before, the page after), rls_overhead_median and rls_overhead_max over ten pages (0.05 is 5 %),
pages: {name: {queries, wall_ms, owner_ms, overhead}}.

The queries of each page are recorded once and then run in turns: by the application's role in its
signed context, and by the owner of the tables without row-level security. Both in the same
database, in the same run, in one transaction a page; setting the context counts for the wall.
"""

import gc
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Site, User
from bench import note
from bench.pages import PAGES, Browser
from bench.world import administrator, build_others, build_site
from comm100.core.fortify import every_model
from comm100.core.tenancy import Context, SiteOwned
from privacy.operations.grant import open_grant

MAIN = (
    "home", "contacts", "contacts, searched", "contact", "lists", "list members", "campaigns",
    "campaign report", "deliveries", "journal",
)  # fmt: skip
A_GRANT = 100  # records


def run(quick: bool, rounds: int = 0) -> dict[str, Any]:
    contacts, others = (10_000, 200) if quick else (200_000, 2_000)
    rounds = rounds or (40 if quick else 200)
    settings.DEMO = True  # staff without a second factor, as in the demo
    owner, site = build_site("large", contacts)
    build_others(others)
    note("a staff member opens records")
    declare, read = _opened(site, 100 if quick else 300)
    note("the queries of ten pages, with and without the wall")
    with administrator() as cursor:
        _let_the_owner_see(cursor)
        cursor.execute("VACUUM ANALYZE")
    pages = {name: _compared(owner, site, PAGES[name], rounds) for name in MAIN}
    overheads = [page["overhead"] for page in pages.values()]
    return {
        "contacts": contacts,
        "declare_ms": round(median(declare), 2),
        "read_ms": round(median(read), 2),
        "rls_overhead_median": round(median(overheads), 3),
        "rls_overhead_max": round(max(overheads), 3),
        "pages": pages,
    }


def _opened(site: Site, count: int) -> tuple[list[float], list[float]]:
    """Milliseconds of each declaration and of each page, through the staff admin."""
    staff = User.objects.create(email="s@bench.example", is_staff=True, is_superuser=True)
    client = Browser()
    client.force_login(staff)
    facts = {"purpose": "support_issue", "reason": "How long does it take to look?"}
    declare, read = [], []
    for number in range(count):
        if number % A_GRANT == 0:
            grant = open_grant(site, **facts, reference="bench", minutes=60, by=staff)
        given = {"grant": grant.pk, "kind": "visitors.contact", "key": str(number + 1)}
        spent, answer = _timed(lambda given=given: client.post("/staff/grants/records/", given))
        declare.append(spent)
        spent, page = _timed(lambda answer=answer: client.get(answer["Location"]))
        read.append(spent)
        assert page.status_code == 200, page.status_code
        assert b"@d" in page.content
    return declare, read


def _timed(act: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = act()
    return (time.perf_counter() - started) * 1000, answer


def _let_the_owner_see(cursor: Any) -> None:
    """The owner of the tables is not bound any more, and may call what the pages call."""
    for model in every_model():
        if issubclass(model, SiteOwned):
            cursor.execute(f"ALTER TABLE {model._meta.db_table} NO FORCE ROW LEVEL SECURITY")
    cursor.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app TO comm100_owner")


def _compared(owner: User, site: Site, path: str, rounds: int) -> dict[str, Any]:
    queries = _queries_of(owner, f"/s/{site.slug}/{path}")
    signed = Context(kind="operator", site_id=site.pk, user_id=owner.pk).signed()
    inside = any("app." in query for query in queries)  # functions that ask for the context
    wall, plain = [], []
    gc.disable()
    for number in range(rounds + 5):
        turns = [
            lambda: wall.append(_run("default", queries, signed, counts=True)),
            lambda: plain.append(_run("owner", queries, signed if inside else "", counts=False)),
        ]
        for turn in turns if number % 2 else reversed(turns):
            turn()
    gc.enable()
    wall_ms, owner_ms = median(wall[5:]), median(plain[5:])
    return {
        "queries": len(queries),
        "wall_ms": round(wall_ms, 2),
        "owner_ms": round(owner_ms, 2),
        "overhead": round(wall_ms / owner_ms - 1, 3),
    }


def _queries_of(owner: User, url: str) -> list[str]:
    """What the page reads, with its values in place."""
    client = Browser()
    client.force_login(owner)
    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200, url
    asked = [str(query["sql"]) for query in captured]
    return [sql for sql in asked if sql.startswith("SELECT") and "set_config" not in sql]


def _run(alias: str, queries: Sequence[str], signed: str, *, counts: bool) -> float:
    """Milliseconds of all queries in one transaction; `counts`: with setting the context."""
    started = time.perf_counter()
    with transaction.atomic(using=alias), connections[alias].cursor() as cursor:
        if signed:
            set_at = time.perf_counter()
            cursor.execute("SELECT set_config('app.ctx', %s, true)", [signed])
            started += 0 if counts else time.perf_counter() - set_at
        for query in queries:
            cursor.execute(query)
            cursor.fetchall()
    return (time.perf_counter() - started) * 1000
