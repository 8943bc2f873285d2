"""What the wall costs: a record opened by staff, and row-level security on the main pages' queries.

Keys: declare_ms and read_ms (medians of the two requests of a staff member: the journal entry
before, the page after), rls_overhead_median and rls_overhead_max over ten pages (0.05 is 5 %),
sql_overhead_median, pages: {name: {queries, wall_ms, owner_ms, overhead, sql_…}}.

Each page is asked for in turns: with the application's role in its signed context, and with the
owner of the tables, without row-level security and without context. Same database, same process,
same run. `sql_…` are the bare statements of the page, without Django, one transaction a page:
there the wall is a larger part of less.
"""

import gc
import time
from collections.abc import Callable, Sequence
from functools import cache
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Site, User
from bench import note
from bench.pages import PAGES, Browser
from bench.world import administrator, build_others, build_site
from comm100.core import tenancy
from comm100.core.fortify import every_model
from comm100.core.tenancy import Context, SiteOwned
from privacy.operations.grant import open_grant

MAIN = (
    "home", "contacts", "contacts, searched", "contact", "lists", "list members", "campaigns",
    "campaign report", "deliveries", "journal",
)  # fmt: skip
A_GRANT = 100  # records
WARM_UP = 5


def run(quick: bool, rounds: int = 0) -> dict[str, Any]:
    contacts, others = (10_000, 200) if quick else (200_000, 2_000)
    rounds = rounds or (40 if quick else 120)
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
        "sql_overhead_median": round(median(p["sql_overhead"] for p in pages.values()), 3),
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
    url = f"/s/{site.slug}/{path}"
    client = Browser()
    client.force_login(owner)
    queries = _queries_of(client, url)
    signed = Context(kind="operator", site_id=site.pk, user_id=owner.pk).signed()
    asks = any("app." in query for query in queries)  # functions that ask for the context
    app, owners = connections["default"], _owner()
    tell = tenancy._tell_database
    silent = tell if asks else _tell_nothing  # the owner of the tables needs no context
    spent = _in_turns(
        {
            "wall_ms": lambda: _page(client, url, app, tell),
            "owner_ms": lambda: _page(client, url, owners, silent),
            "sql_wall_ms": lambda: _run("default", queries, signed, counts=True),
            "sql_owner_ms": lambda: _run("owner", queries, signed if asks else "", counts=False),
        },
        rounds,
    )
    return {name: round(median(times), 3) for name, times in spent.items()} | {
        "queries": len(queries),
        "overhead": _overhead(spent["wall_ms"], spent["owner_ms"]),
        "sql_overhead": _overhead(spent["sql_wall_ms"], spent["sql_owner_ms"]),
    }


def _overhead(wall: list[float], owner: list[float]) -> float:
    """The median of each pair's ratio: what else the machine did then met both."""
    return round(median(w / o for w, o in zip(wall, owner, strict=True)) - 1, 3)


def _in_turns(acts: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """What each answers, round by round, one after the other, in changing order."""
    spent: dict[str, list[float]] = {name: [] for name in acts}
    gc.disable()
    for number in range(rounds + WARM_UP):
        for name in acts if number % 2 else reversed(acts):
            gc.collect(0)  # each begins with the memory that the one before gave back
            spent[name].append(acts[name]())
    gc.enable()
    return {name: times[WARM_UP:] for name, times in spent.items()}


def _page(client: Browser, url: str, answers: Any, tell: Callable[..., None]) -> float:
    """One request of which the connection `answers` reads everything.

    One function for both roles: with a frame more or less on the stack the same page takes up to
    a fifth longer, because CPython takes frames from pieces of 16 KB and gives a piece back, to
    the system, each time a call at its edge returns.
    """
    usual, usually_told = connections["default"], tenancy._tell_database
    connections["default"], tenancy._tell_database = answers, tell
    try:
        return _timed(lambda: client.get(url))[0]
    finally:
        connections["default"], tenancy._tell_database = usual, usually_told


def _tell_nothing(*_: Any, **__: Any) -> None:
    pass


@cache
def _owner() -> Any:
    """A connection of the owner in the place of the application's."""
    wrapper = connections.create_connection("owner")
    wrapper.alias = "default"
    return wrapper


def _queries_of(client: Browser, url: str) -> list[str]:
    """What the page reads, with its values in place."""
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
