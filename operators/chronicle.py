"""The journal in plain words: each app tells how its own actions read, in `ready()`."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.formats import date_format

from accounts.models import User
from comm100.core.models import JournalEntry
from operators.models import Operator
from operators.records import Named, record_names

Words = str | Callable[[Mapping[str, Any]], str]
ISO = re.compile(r"\d{4}-\d\d-\d\d(?P<time>[T ]\d\d:\d\d\S*)?")  # as a detail keeps a moment

_words: dict[str, Words] = {}
_labels: dict[str, str] = {}


class Fact(str):
    """A fact in a sentence; `{sent:mail}` counts it: "1 mail", "1,200 mails"."""

    __slots__ = ()

    def __format__(self, noun: str) -> str:
        if not noun:
            return str(self)
        one, _, many = noun.partition("|")
        many = many or f"{one}s"
        if not self.isdecimal():
            return f"{self} {many}"
        return f"{int(self):,} {one if int(self) == 1 else many}"


class _Facts(dict[str, Fact]):
    def __missing__(self, key: str) -> Fact:
        return Fact("?")


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it: `who` did `what` at `at`."""

    seq: int
    at: datetime
    who: str
    what: str
    action: str


def tell(**words: Words) -> None:
    """How actions read after the name of who acted: `operator_joined="joined as {role}"`.

    The first underline of a name stands for the dot of the action; braces name what is in the
    entry's detail, `{object}` the operator or the record that it is about; `{rows:row}` counts.
    Where the sentence itself depends on the detail, a function of it gives the words.
    """
    _words.update({_action(name): text for name, text in words.items()})


def label(**labels: str) -> None:
    """What actions are called in a filter, where their plain name does not say it."""
    _labels.update({_action(name): text for name, text in labels.items()})


def label_of(action: str) -> str:
    return _labels.get(action) or action.replace(".", " ").replace("_", " ").capitalize()


def _action(name: str) -> str:
    return name.replace("_", ".", 1)


def lines(entries: Iterable[JournalEntry]) -> list[Line]:
    """The entries in words; names are looked up now, the journal itself holds none."""
    entries = list(entries)
    names = people_of(entries)
    records = record_names(entries)
    return [
        Line(
            entry.seq,
            entry.at,
            who(entry.actor, names),
            _what(entry, names, records),
            entry.action,
        )
        for entry in entries
    ]


def who(actor: str, names: dict[str, str]) -> str:
    kind = actor.partition(":")[0]
    others = {
        "system": "The clock",
        "user": "A user",
        "staff": f"Staff of {settings.COMPANY_NAME}",
        "contact": "A contact",
    }
    return names.get(actor) or others.get(kind) or kind.replace("_", " ").capitalize()


def _what(entry: JournalEntry, names: dict[str, str], records: dict[tuple[str, str], Named]) -> str:
    named = records.get((entry.object_table, entry.object_id))
    about = named.label if named else "somebody"
    if entry.object_table == Operator._meta.db_table:
        about = names.get(f"operator:{entry.object_id}", "somebody")
    facts = _Facts({"object": Fact(about)} | {key: _fact(v) for key, v in entry.detail.items()})
    words = _words.get(entry.action)
    if words:
        return (words if isinstance(words, str) else words(entry.detail)).format_map(facts)
    told = ", ".join(f"{key} {value}" for key, value in list(facts.items())[1:])
    return label_of(entry.action).lower() + (f" ({told})" if told else "")


def _fact(value: object) -> Fact:
    if isinstance(value, list):
        return Fact(", ".join(_fact(item) for item in value))
    if found := ISO.fullmatch(str(value)):
        return _moment(datetime.fromisoformat(found[0]), has_time=bool(found["time"]))
    return Fact(str(value).replace("_", " "))


def _moment(at: datetime, *, has_time: bool) -> Fact:
    if not has_time:
        return Fact(date_format(at, "j F Y"))
    local = at.astimezone(UTC) if at.tzinfo else at
    return Fact(date_format(local, "j F Y, H:i") + " UTC")


def people_of(entries: Iterable[JournalEntry]) -> dict[str, str]:
    """Names of the operators, of users who are operators, and of staff, that entries speak of."""
    entries = list(entries)
    spoken = {entry.actor for entry in entries} | {
        f"operator:{entry.object_id}"
        for entry in entries
        if entry.object_table == Operator._meta.db_table
    }
    wanted = Q(pk__in=_ids(spoken, "operator")) | Q(user_id__in=_ids(spoken, "user"))
    names = _staff(_ids(spoken, "staff"))
    for operator in Operator.objects.select_related("user").filter(wanted):
        names[operator.actor_name] = names[f"user:{operator.user_id}"] = operator.user.name
    return names


def _staff(ids: list[int]) -> dict[str, str]:
    found = User.objects.filter(pk__in=ids).values_list("pk", "name") if ids else ()
    return {f"staff:{pk}": f"{name} of {settings.COMPANY_NAME}" for pk, name in found}


def _ids(spoken: set[str], kind: str) -> list[int]:
    parts = (actor.partition(":") for actor in spoken)
    return [int(number) for word, _, number in parts if word == kind and number.isdecimal()]
