"""How long rows are kept: a rule for each table, or the reason why it stays.

Each app says so in its `retention.py`; a model without either stops the start. The rules are
enforced every night by `comm100.core.nightly`, and shown to staff, to owners and on the data map.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from django.apps import apps
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.db.models import Q

from comm100.core.fortify import data_class_of, every_model

Rows = models.QuerySet[Any]
YEAR = 365  # days
MOST_AT_ONCE = 5_000  # rows of one transaction
# Until when rows stay that do not go by the clock: one wording everywhere.
CONTACT_ERASED = "the contact is erased"
SITE_DELETED = "the site is deleted"
ACCOUNT_CLOSED = "the account is closed"
RECORDS_DELETED = "the company deletes its records"
HINT = "Say in the app's retention.py how long its rows are kept: keep(Rule(…)) or stay(Stays(…))."


def delete_rows(rows: Rows) -> int:
    """The usual sweep: the rows go. Answers how many, without what went with them."""
    _, gone = rows.delete()
    return gone.get(rows.model._meta.label, 0)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Rows of `model` are kept for `keeps`, counted from the column `counted_from`.

    sweep: does what is due to some overdue rows, at most MOST_AT_ONCE, in a transaction under the
    context of their site; answers how many. Nothing may be left overdue when it is done.
    """

    key: str  # "visitors.views"
    model: str  # label of the model: "visitors.PageView"
    what: str  # in plain words, for a table: "Pages viewed"
    keeps: timedelta
    counted_from: str  # a column of dates or times; may follow a reference: "run__finished_at"
    why: str
    since: str = ""  # what happened then, in words: "the last visit"
    only: Q = Q()  # noqa: RUF009  the rows that it is about, when not all
    sweep: Callable[[Rows], int] = delete_rows
    effect: Literal["deleted", "shortened", "the file is deleted"] = "deleted"
    of_company: bool = False  # rows of no site: kept once for the whole house

    def table(self) -> type[models.Model]:
        return apps.get_model(self.model)

    def overdue(self, now: datetime) -> Rows:
        """The rows that should be gone; of the site in context."""
        limit: Any = now - self.keeps
        if not isinstance(self.clock(), models.DateTimeField):
            limit = limit.date()
        rows: Rows = self.table()._default_manager.filter(self.only)
        return rows.filter(**{f"{self.counted_from}__lt": limit})

    def clock(self) -> "models.Field[Any, Any]":
        """The column that the time is counted from."""
        model, *path = self.table(), *self.counted_from.split("__")
        *steps, last = path
        for step in steps:
            model = model._meta.get_field(step).related_model  # type: ignore[assignment]
        field: models.Field[Any, Any] = model._meta.get_field(last)  # type: ignore[assignment]
        return field

    def sweep_some(self, now: datetime) -> int:
        """Up to MOST_AT_ONCE of the overdue rows; answer how many. 0: none is left."""
        ids = list(self.overdue(now).values_list("pk", flat=True)[:MOST_AT_ONCE])
        if not ids:
            return 0
        return self.sweep(self.table()._default_manager.filter(pk__in=ids))

    @property
    def kept_for(self) -> str:
        """`30 days`, `2 years`: how long, as people say it."""
        days = self.keeps.days
        years, rest = divmod(days, YEAR)
        if years > 1 and not rest:
            return f"{years} years"
        return {0: "not at all", 1: "1 day"}.get(days, f"{days} days")

    @property
    def when(self) -> str:
        """`deleted 90 days after the last visit`."""
        if not self.keeps:
            return f"{self.effect} in the night after {self.since}"
        if not self.since:
            return f"{self.effect} after {self.kept_for}"
        return f"{self.effect} {self.kept_for} after {self.since}"


@dataclass(frozen=True, kw_only=True)
class Stays:
    """Rows of `model` go when what they belong to goes, not by the clock."""

    model: str
    what: str
    until: str  # CONTACT_ERASED
    why: str

    def table(self) -> type[models.Model]:
        return apps.get_model(self.model)

    @property
    def when(self) -> str:
        return f"until {self.until}"


_rules: dict[str, Rule] = {}
_stays: dict[str, Stays] = {}


def keep(*rules: Rule) -> None:
    for rule in rules:
        if rule.key in _rules:
            raise ValueError(f"two rules are called {rule.key}")
        _rules[rule.key] = rule


def stay(*reasons: Stays) -> None:
    for reason in reasons:
        if reason.model in _stays:
            raise ValueError(f"{reason.model} stays for two reasons")
        _stays[reason.model] = reason


def rules() -> list[Rule]:
    """All rules, from the ground floor up; last what the nights themselves leave behind."""
    return sorted(_rules.values(), key=lambda rule: rule.model == "core.RetentionRun")


def reasons() -> list[Stays]:
    return list(_stays.values())


def rules_of(model: type[models.Model]) -> list[Rule]:
    return [rule for rule in _rules.values() if rule.model == model._meta.label]


def reason_of(model: type[models.Model]) -> Stays | None:
    """Why rows stay; a table may have both: a rule for some rows, a reason for the others."""
    return _stays.get(model._meta.label)


def times_of(model: type[models.Model]) -> list[Rule | Stays]:
    """All that is said of how long its rows are kept: rules first."""
    reason = reason_of(model)
    return [*rules_of(model), *([reason] if reason else [])]


def kept_in_words(model: type[models.Model]) -> str:
    """`Deleted after 90 days.`; where times differ, what each is about stands before it."""
    times = times_of(model)
    if len(times) == 1:
        return f"{times[0].when[:1].upper()}{times[0].when[1:]}."
    return " ".join(f"{time.what}: {time.when}." for time in times)


@register()
def every_table_says_how_long(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Of a site or of an account: no table grows for ever without somebody having said why."""
    silent = [
        Error(f"Nobody said how long {model._meta.label} is kept.", hint=HINT, id="retention.E001")
        for model in every_model()
        if data_class_of(model) in {"user_data", "account_data"}
        and not rules_of(model)
        and reason_of(model) is None
    ]
    return [*silent, *_misnamed()]


def _misnamed() -> Iterator[CheckMessage]:
    for rule in _rules.values():
        try:
            is_time = isinstance(rule.clock(), models.DateField)
        except (LookupError, FieldDoesNotExist) as error:
            yield Error(f"The rule {rule.key}: {error}", id="retention.E002")
        else:
            if not is_time:
                told = f"The rule {rule.key} counts from {rule.counted_from}, which is no time."
                yield Error(told, id="retention.E002")
    for reason in _stays.values():
        if reason.model not in {model._meta.label for model in every_model()}:
            yield Error(f"There is no {reason.model} that could stay.", id="retention.E002")


keep(
    Rule(
        key="core.nights",
        model="core.RetentionRun",
        what="What these rules did in a night, in numbers",
        keeps=timedelta(days=30),
        counted_from="day",
        why="Shows whether the rules are kept; older nights tell nothing more.",
    )
)
stay(
    Stays(
        model="core.JournalEntry",
        what="The journal",
        until=SITE_DELETED,
        why="It proves what was done, and holds ids and hashes, no content.",
    ),
    Stays(
        model="core.JournalHead",
        what="The journal’s last seal",
        until=SITE_DELETED,
        why="The next entry is chained to it.",
    ),
    Stays(
        model="core.Counter",
        what="The last number given to each kind of thing",
        until=SITE_DELETED,
        why="A number is not given twice.",
    ),
)
