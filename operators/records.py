"""What a site calls its records: `contact 12`, from the table and the id that the journal keeps."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Value

from comm100.core.models import JournalEntry
from comm100.core.tenancy import Numbered, SiteOwned
from operators.models import Operator

MOST_DIGITS = 18


@dataclass(frozen=True)
class Named:
    """A record in words; `table` and `number` of it, or of the record that it belongs to.

    `number` is None where there is none, or the record is not there any more.
    """

    label: str
    number: int | None = None
    table: str = ""


@cache
def kinds() -> dict[str, type[SiteOwned]]:
    """Table → model, of everything that belongs to a site."""
    return {m._meta.db_table: m for m in apps.get_models() if issubclass(m, SiteOwned)}


def kind_word(table: str) -> str:
    """`visitors_contact` → contact."""
    model = kinds().get(table)
    return str(model._meta.verbose_name) if model else table.replace("_", " ")


def record_names(entries: Iterable[JournalEntry]) -> dict[tuple[str, str], Named]:
    """(table, id) → what the site calls it; one query for all of them."""
    spoken = {(e.object_table, e.object_id) for e in entries if e.object_table and e.object_id}
    numbers = _numbers(spoken)
    return {key: _named(*key, numbers) for key in spoken}


def url_of(site: Any, named: Named) -> str:
    """The page of a record that is there; "" where it has none."""
    model: Any = kinds().get(named.table)
    if named.number is None or not hasattr(model, "get_absolute_url"):
        return ""
    return str(model(site=site, number=named.number).get_absolute_url())


@cache
def _numbered_by(table: str) -> tuple[str, str]:
    """By which column a kind is known to people, and the table whose number that is.

    A subscription has no number: people know it by its contact, a refused row by its import.
    """
    model: Any = kinds().get(table)
    if model is None or issubclass(model, Numbered):
        return ("number", table) if model else ("", "")
    owners = {
        field.name: field.related_model._meta.db_table
        for field in model._meta.concrete_fields
        if field.is_relation and issubclass(field.related_model, Numbered)
        if field.related_model is not Operator  # they are who did it, not whose it is
    }
    name = "contact" if "contact" in owners else next(iter(owners), "")
    return (f"{name}__number", owners[name]) if name else ("", "")


def _named(table: str, pk: str, numbers: dict[tuple[str, str], int]) -> Named:
    word, number, (_, known) = kind_word(table), numbers.get((table, pk)), _numbered_by(table)
    if number is None:
        gone = " that is gone" if known == table else ""
        return Named(f"{word}{gone}, row {pk}", None, table)
    if known == table:
        return Named(f"{word} {number}", number, table)
    return Named(f"{word} of {kind_word(known)} {number}", number, known)


def _numbers(spoken: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    wanted: dict[str, list[int]] = defaultdict(list)
    for table, pk in spoken:
        if pk.isdecimal() and len(pk) <= MOST_DIGITS and all(_numbered_by(table)):
            wanted[table].append(int(pk))
    parts = [_rows(table, ids) for table, ids in sorted(wanted.items())]
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    return {(table, str(pk)): number for table, pk, number in found}


def _rows(table: str, ids: list[int]) -> Any:
    model: Any = kinds()[table]
    column, _ = _numbered_by(table)
    rows = model.objects.filter(pk__in=ids, **{f"{column}__isnull": False}).order_by()
    return rows.values_list(Value(table), "pk", column)
