"""The journal in plain words: each app tells how its own actions read, in `ready()`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from comm100.core.models import JournalEntry
from operators.models import Operator
from operators.records import Named, record_names

_words: dict[str, str] = {}


class _Facts(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


@dataclass(frozen=True)
class Line:
    """One entry as a person reads it: `who` did `what` at `at`."""

    seq: int
    at: datetime
    who: str
    what: str
    action: str


def tell(**words: str) -> None:
    """How actions read after the name of who acted: `operator_joined="joined as {role}"`.

    The first underline of a name stands for the dot of the action; braces name what is in the
    entry's detail, `{object}` the operator or the record that it is about.
    """
    _words.update({name.replace("_", ".", 1): text for name, text in words.items()})


def label_of(action: str) -> str:
    return action.replace(".", " ").replace("_", " ").capitalize()


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
    facts = _Facts({"object": about} | {key: _fact(v) for key, v in entry.detail.items()})
    words = _words.get(entry.action)
    if words:
        return words.format_map(facts)
    told = ", ".join(f"{key} {value}" for key, value in list(facts.items())[1:])
    return label_of(entry.action).lower() + (f" ({told})" if told else "")


def _fact(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_fact(item) for item in value)
    return str(value).replace("_", " ")


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
