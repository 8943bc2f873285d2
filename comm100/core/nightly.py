"""The retention rules at work: every night, site by site, in chunks that are committed one by one.

The beat wakes this every hour, for the sites whose night is not whole yet: so it comes shortly
after midnight UTC, and what a crash cut off goes on an hour later. Safe to run twice.
"""

import logging
import time
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from celery import shared_task
from django.db import connection, connections
from django.utils import timezone

from comm100.core.retention import Rule, rules
from comm100.core.statistics import learn_site
from comm100.core.tasks import company_task
from comm100.core.tenancy import chosen_site, current_site_id, working_for

log = logging.getLogger("comm100.retention")
SLICE = 20.0  # seconds of one task
SITES = 200  # woken before the walk itself queues up behind them
COUNTED = 10_000  # of what is overdue
LAST = "core.nights"  # the rule whose row says that a night is whole
UNFINISHED = """
SELECT s.id FROM accounts_site s WHERE s.id > %s AND NOT EXISTS (SELECT 1 FROM core_retentionrun r
  WHERE r.site_id = s.id AND r.day = %s AND r.rule = %s) ORDER BY s.id LIMIT %s
"""
NOTE = """
INSERT INTO core_retentionrun AS r (site_id, day, rule, gone, overdue) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (site_id, day, rule)
DO UPDATE SET gone = r.gone + EXCLUDED.gone, overdue = EXCLUDED.overdue
"""


@company_task(every=3600, queue="marketing")
def enforce_retention(after: int = 0) -> None:
    """Wake the sites whose night is not whole, SITES at a time; the next ones queue up behind."""
    with connections["post"].cursor() as cursor:
        cursor.execute(UNFINISHED, [after, _today(), LAST, SITES])
        sites = [site_id for (site_id,) in cursor.fetchall()]
    for site_id in sites:
        with chosen_site(site_id):
            enforce_at_site.delay()
    if len(sites) == SITES:
        enforce_retention.delay(sites[-1])


@shared_task(own_transactions=True, queue="marketing")  # type: ignore[call-overload, untyped-decorator]
def enforce_at_site() -> None:
    """Some seconds of work for one site; what is left goes on in the next task."""
    site_id, end = current_site_id() or 0, time.monotonic() + SLICE
    due = _rules_at(site_id)
    learn_site(site_id)  # of visits, too, which come one by one
    for rule in due:
        if not _enforce(rule, site_id, until=end):
            enforce_at_site.delay()
            return
    _close_night(site_id, due)


def _enforce(rule: Rule, site_id: int, *, until: float) -> bool:
    """Whether the rule has no more to do; one that fails stops no other, and shows as overdue."""
    now = timezone.now()
    try:
        for gone in _chunks(rule, site_id, now):
            if gone and time.monotonic() > until:
                return False
    except Exception:
        log.exception("the rule %s failed at site %s", rule.key, site_id)
    return True


def _chunks(rule: Rule, site_id: int, now: datetime) -> Iterator[int]:
    """Each chunk is committed with its count."""
    gone = 1
    while gone:
        with working_for(site_id):
            gone = rule.sweep_some(now)
            if gone:
                _note(site_id, rule.key, gone=gone)
        yield gone


def _close_night(site_id: int, due: list[Rule]) -> None:
    """Count what is left over although it is due, and say that the night is whole."""
    now = timezone.now()
    with working_for(site_id):
        for rule in due:
            left = rule.overdue(now)[:COUNTED].count()
            if left:
                _note(site_id, rule.key, overdue=left)
        if due:  # else the site is gone
            _note(site_id, LAST)


def _note(site_id: int, rule: str, *, gone: int = 0, overdue: int = 0) -> None:
    with connection.cursor() as cursor:
        cursor.execute(NOTE, [site_id, _today(), rule, gone, overdue])


def _rules_at(site_id: int) -> list[Rule]:
    """The rules of every site; the company's own also keeps the times of tables of no site."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT is_company FROM accounts_site WHERE id = %s", [site_id])
        row: Any = cursor.fetchone()
    if row is None:
        return []
    return [rule for rule in rules() if row[0] or not rule.of_company]


def _today() -> date:
    return timezone.now().date()
