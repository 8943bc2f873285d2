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

MOST_DIGITS = 18


@dataclass(frozen=True)
class Named:
    """A record in words; `number` is None where it has none, or is not there any more."""

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


def _named(table: str, pk: str, numbers: dict[tuple[str, str], int]) -> Named:
    word, number = kind_word(table), numbers.get((table, pk))
    if number is not None:
        return Named(f"{word} {number}", number, table)
    gone = " that is gone" if issubclass(kinds().get(table, SiteOwned), Numbered) else ""
    return Named(f"{word}{gone}, row {pk}", None, table)


def _numbers(spoken: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    wanted: dict[str, list[int]] = defaultdict(list)
    for table, pk in spoken:
        if (
            pk.isdecimal()
            and len(pk) <= MOST_DIGITS
            and issubclass(kinds().get(table, SiteOwned), Numbered)
        ):
            wanted[table].append(int(pk))
    parts = [_rows(table, ids) for table, ids in sorted(wanted.items())]
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    return {(table, str(pk)): number for table, pk, number in found}


def _rows(table: str, ids: list[int]) -> Any:
    model: Any = kinds()[table]
    rows = model.objects.filter(pk__in=ids).order_by()
    return rows.values_list(Value(table), "pk", "number")
