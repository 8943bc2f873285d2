"""What a site calls its records: `contact 12`, from the table and the id that the journal keeps."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

from django.apps import apps
from django.db.models import F, TextField, Value
from django.db.models.functions import Cast, Left

from comm100.core.models import JournalEntry
from comm100.core.tenancy import Numbered, SiteOwned
from operators.models import Operator

MOST_DIGITS = 18
MOST_LETTERS = 40  # of words that name a record

_known: dict[str, tuple[Callable[[], Any], str]] = {}  # table → what `know_by` was told


@dataclass(frozen=True)
class Named:
    """A record in words; `table` and `number` of it, or of the record that it belongs to.

    `number` is None where there is none, or the record is not there any more.
    """

    label: str
    number: int | None = None
    table: str = ""


def know_by(model: type[SiteOwned], what: Callable[[], Any], *, of: str = "") -> None:
    """What people know a kind by that no column leads to; apps say so in `ready()`.

    `what` makes an expression over its rows: the number of the record of the table `of` that it
    belongs to ("mailing of campaign 7"), without `of` the site's own words ("consent text “Yes…”").
    """
    _known[model._meta.db_table] = (what, of)


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
    marks = _marks(spoken)
    return {key: _named(*key, marks) for key in spoken}


def url_of(site: Any, named: Named) -> str:
    """The page of a record that is there; "" where it has none."""
    model: Any = kinds().get(named.table)
    if named.number is None or not hasattr(model, "get_absolute_url"):
        return ""
    return str(model(site=site, number=named.number).get_absolute_url())


@cache
def _known_by(table: str) -> tuple[Callable[[], Any] | None, str]:
    """By what a kind is known to people, and the table whose number that is; "" where it is words.

    A subscription has no number: people know it by its contact, a refused row by its import.
    """
    model: Any = kinds().get(table)
    if model is None or table in _known:
        return _known.get(table, (None, ""))
    if issubclass(model, Numbered):
        return partial(F, "number"), table
    owners = {
        field.name: field.related_model._meta.db_table
        for field in model._meta.concrete_fields
        if field.is_relation and issubclass(field.related_model, Numbered)
        if field.related_model is not Operator  # they are who did it, not whose it is
    }
    name = "contact" if "contact" in owners else next(iter(owners), "")
    return (partial(F, f"{name}__number"), owners[name]) if name else (None, "")


def _named(table: str, pk: str, marks: dict[tuple[str, str], str]) -> Named:
    word, mark, (_, known) = kind_word(table), marks.get((table, pk)), _known_by(table)
    if mark is None:
        gone = " that is gone" if known == table else ""
        return Named(f"{word}{gone}, row {pk}", None, table)
    if not known:
        return Named(f"{word} “{_shortened(mark)}”", None, table)
    of = "" if known == table else f" of {kind_word(known)}"
    return Named(f"{word}{of} {mark}", int(mark), known)


def _shortened(words: str) -> str:
    whole = " ".join(words.split())
    return whole if len(words) <= MOST_LETTERS else f"{whole[:MOST_LETTERS].rstrip()}…"


def _marks(spoken: set[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """(table, id) → the number or the words that it is known by."""
    wanted: dict[str, list[int]] = defaultdict(list)
    for table, pk in spoken:
        if pk.isdecimal() and len(pk) <= MOST_DIGITS and _known_by(table)[0]:
            wanted[table].append(int(pk))
    parts = [_rows(table, ids) for table, ids in sorted(wanted.items())]
    if not parts:
        return {}
    found = parts[0].union(*parts[1:], all=True) if parts[1:] else parts[0]
    return {(table, str(pk)): mark for table, pk, mark in found}


def _rows(table: str, ids: list[int]) -> Any:
    model: Any = kinds()[table]
    what, _ = _known_by(table)
    mark = Left(Cast(what(), TextField()), MOST_LETTERS + 1) if what else Value("")
    rows = model.objects.filter(pk__in=ids).annotate(mark=mark).exclude(mark=None).order_by()
    return rows.values_list(Value(table), "pk", "mark")
