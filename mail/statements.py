"""The SQL of the engine, one file a statement below mail/sql/; states come in by name."""

from functools import cache
from pathlib import Path
from typing import Any

from django.db import connections

from accounts.models import Site
from mail.models import InboundMail, Lane, Mailing, Outbox, SendingDomain, Suppression
from visitors.models import Kind

_FOLDER = Path(__file__).parent / "sql"
# The driver writes parameters into the text, so the partial indexes on these states are found.
STATES: dict[str, Any] = {
    **{state.name.lower(): state.value for state in Outbox.State},
    **{f"mailing_{state.name.lower()}": state.value for state in Mailing.State},
    **{lane.name.lower(): lane.value for lane in Lane},
    **{f"inbound_{state.name.lower()}": state.value for state in InboundMail.State},
    "site_suspended": Site.Standing.SUSPENDED.value,
    "site_trusted": Site.Standing.TRUSTED.value,
    "domain_waiting": SendingDomain.State.WAITING.value,
    "marketing_kind": Kind.MARKETING.value,
    "hard_bounce": Suppression.Reason.HARD_BOUNCE.value,
}


@cache
def statement(name: str) -> str:
    return (_FOLDER / f"{name}.sql").read_text()


def as_post(name: str, /, **values: Any) -> list[tuple[Any, ...]]:
    """Run one statement across sites as `comm100_post`, committed when it returns; its rows."""
    return _run(statement(name), values)


def as_post_soon(name: str, /, **values: Any) -> list[tuple[Any, ...]]:
    """The same without waiting for the disk: where a power cut may undo it without harm.

    The next `as_post` makes it durable too, because the log is written in order.
    """
    return _run("SET LOCAL synchronous_commit = off;\n" + statement(name), values)


def _run(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connections["post"].cursor() as cursor:
        cursor.execute(sql, STATES | values)
        return list(cursor.fetchall()) if cursor.description else []
