"""Rows of one site made from events: each exactly once, however often it comes (P3.4)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection

from accounts.models import Site
from comm100.core.tenancy import current_site_id
from visitors.models import Kind, VisitCount, Visitor
from visitors.operations.visitor import forget_visitors
from visitors.visits.buffer import Entry

What = VisitCount.What
MEET = """
INSERT INTO visitors_visitor (site_id, key, browser, language, ip, last_page, first_seen, last_seen,
  personalise)
SELECT %(site)s, * FROM unnest(%(key)s::bytea[], %(browser)s::text[], %(language)s::text[],
  %(ip)s::inet[], %(page)s::text[], %(first)s::timestamptz[], %(last)s::timestamptz[],
  %(personalise)s::boolean[])
ON CONFLICT (site_id, key) DO UPDATE SET browser = EXCLUDED.browser, language = EXCLUDED.language,
  ip = EXCLUDED.ip, last_page = EXCLUDED.last_page,
  personalise = EXCLUDED.personalise AND NOT EXISTS (SELECT 1 FROM visitors_choice c
    WHERE c.site_id = (SELECT %(site)s) AND c.contact_id = visitors_visitor.contact_id
      AND c.kind = %(personal)s AND NOT c.agreed),
  last_seen = greatest(visitors_visitor.last_seen, EXCLUDED.last_seen)
RETURNING id, key
"""
VIEWED = """
INSERT INTO visitors_pageview (id, site_id, visitor_id, at, page)
SELECT id, %(site)s, visitor, at, page FROM unnest(%(id)s::bigint[], %(visitor)s::bigint[],
  %(at)s::timestamptz[], %(page)s::text[]) AS seen (id, visitor, at, page)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
CLICKED = """
INSERT INTO visitors_linkclick (id, site_id, visitor_id, at, page, link)
SELECT id, %(site)s, visitor, at, page, link FROM unnest(%(id)s::bigint[], %(visitor)s::bigint[],
  %(at)s::timestamptz[], %(page)s::text[], %(link)s::text[]) AS seen (id, visitor, at, page, link)
ON CONFLICT (id) DO NOTHING RETURNING id
"""
COUNT = """
INSERT INTO visitors_visitcount (site_id, day, what, name, count)
SELECT %(site)s, * FROM unnest(%(day)s::date[], %(what)s::smallint[], %(name)s::text[],
  %(count)s::bigint[])
ON CONFLICT (site_id, day, what, name)
  DO UPDATE SET count = visitors_visitcount.count + EXCLUDED.count
"""
Counts = Counter[tuple[date, int, str]]


@dataclass
class Met:
    """A visitor among the events of one batch."""

    last: Entry
    first: Entry
    before: datetime | None = None  # when they were seen before this batch
    days: set[date] = field(default_factory=set)


def write(entries: list[Entry]) -> int:
    """Make rows for the site in context, in its transaction; answer how many were new."""
    site = (
        Site.objects.filter(pk=current_site_id() or 0).values_list("time_zone", flat=True).first()
    )
    if site is None:
        return 0  # it is gone, and with it what happened there
    zone = ZoneInfo(site)
    entries = _without_forgotten(sorted(entries, key=lambda entry: entry.number))
    met = _met(entries)
    ids = _meet(met)
    new = _insert(VIEWED, [e for e in entries if not e.event.link], ids)
    new |= _insert(CLICKED, [e for e in entries if e.event.link], ids)
    _count(_counts((e for e in entries if e.number in new), met, zone))
    return len(new)


def _without_forgotten(entries: list[Entry]) -> list[Entry]:
    """Who does not agree any more goes with all that is known, this batch's events included."""
    keys = {entry.event.key for entry in entries if entry.event.is_farewell}
    if keys:
        forget_visitors(Visitor.objects.filter(key__in=keys))
    return [entry for entry in entries if entry.event.key not in keys or not entry.event.key]


def moment(entry: Entry) -> datetime:
    return datetime.fromtimestamp(entry.seconds, UTC)


def _met(entries: list[Entry]) -> dict[bytes, Met]:
    met: dict[bytes, Met] = {}
    for entry in entries:
        if entry.event.key:
            met.setdefault(entry.event.key, Met(entry, entry)).last = entry
    return dict(sorted(met.items()))  # in one order everywhere: no deadlocks


def _meet(met: dict[bytes, Met]) -> dict[bytes, int]:
    """Key → id of the visitor's row; notes when each was seen before."""
    if not met:
        return {}
    # the sub-select: visitors are found by their keys, also where statistics do not know the site
    known = (
        "SELECT key, last_seen FROM visitors_visitor WHERE site_id = (SELECT %s) AND key = ANY (%s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(f"{known} ORDER BY key FOR UPDATE", [current_site_id(), list(met)])
        for key, seen in cursor.fetchall():
            met[bytes(key)].before = seen
        cursor.execute(MEET, _columns_of_visitors(met))
        return {bytes(key): row_id for row_id, key in cursor.fetchall()}


def _columns_of_visitors(met: dict[bytes, Met]) -> dict[str, Any]:
    last = [one.last.event for one in met.values()]
    return {
        "site": current_site_id(),
        "personal": Kind.PERSONALISE.value,
        "key": list(met),
        "browser": [event.browser for event in last],
        "language": [event.language for event in last],
        "ip": [event.ip for event in last],
        "page": [event.page for event in last],
        "personalise": [event.personalise for event in last],
        "first": [moment(one.first) for one in met.values()],
        "last": [moment(one.last) for one in met.values()],
    }


def _insert(sql: str, entries: list[Entry], ids: dict[bytes, int]) -> set[int]:
    if not entries:
        return set()
    columns = {
        "site": current_site_id(),
        "id": [entry.number for entry in entries],
        "visitor": [ids.get(entry.event.key) for entry in entries],
        "at": [moment(entry) for entry in entries],
        "page": [entry.event.page for entry in entries],
        "link": [entry.event.link for entry in entries],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, columns)
        return {number for (number,) in cursor.fetchall()}


def _counts(new: Iterable[Entry], met: dict[bytes, Met], zone: ZoneInfo) -> Counts:
    """Views and clicks, and each visitor once a day with their browser and language."""
    counts: Counts = Counter()
    for entry in new:
        day, event = moment(entry).astimezone(zone).date(), entry.event
        if event.link:
            counts[day, What.LINK, event.link] += 1
        else:
            counts[day, What.VIEWS, ""] += 1
            counts[day, What.PAGE, event.page] += 1
        if event.key:
            met[event.key].days.add(day)
    for one in met.values():
        before = one.before.astimezone(zone).date() if one.before else date.min
        for day in (d for d in one.days if d > before):
            counts[day, What.VISITORS, ""] += 1
            counts[day, What.BROWSER, one.last.event.browser] += 1
            counts[day, What.LANGUAGE, one.last.event.language] += 1
    return counts


def _count(counts: Counts) -> None:
    if not counts:
        return
    rows = sorted(counts.items())
    columns = {
        "site": current_site_id(),
        "day": [day for (day, _, _), _ in rows],
        "what": [what for (_, what, _), _ in rows],
        "name": [name for (_, _, name), _ in rows],
        "count": [count for _, count in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, columns)
