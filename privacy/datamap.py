"""The data map: what is held of whom, for what, how long, who sees it, how it is copied and goes.

Made from the models and two registers (comm100/core/personal_data.py, retention.py), so that it
cannot say other than what the software does.
"""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import models

from comm100.core.database import POST
from comm100.core.fortify import NOT_FOR_STAFF, data_class_of
from comm100.core.personal_data import Holding, Purpose, Whose, every_holding, nobodies
from comm100.core.retention import times_of
from comm100.core.stores import Store, every_store
from comm100.core.tenancy import SiteOwned
from privacy.wall import walled_models

ABOUT = {
    Whose.VISITOR: "Who looks at a site’s web pages and agreed to be counted.",
    Whose.CONTACT: "Whom a site knows: subscribers, customers, people who wrote.",
    Whose.USER: "Who signed up, and works on one or more sites.",
    Whose.INVITED: "Who was asked to work on a site and did not answer yet.",
    Whose.CUSTOMER: "Who is quoted on the company’s own pages, or wants no invitation.",
    Whose.STAFF: "Who works for the company, and what they did.",
}
WORDS = {  # where the name of a column says little
    "at": "when",
    "ip": "IP address",
    "email norm": "address in small letters",
    "email hash": "code made from the address",
    "address hash": "code made from the address",
    "smtp code": "answer of the mail server",
    "smtp reply": "its words",
    "message id": "number of the mail",
    "seq": "number",
    "object table": "kind of record",
    "object id": "number of the record",
    "object repr": "name of the record",
    "expire date": "end",
    "slug": "address here",
    "raw": "the mail",
    "content": "the mail",
}
LINES = "what the lines about the person hold"
SITES = "People at work on the site, by their role; the database shows it to no other site."
GRANTED = "Staff of the company: one record at a time, under a grant, each look in the journal."
JOURNAL = "Staff of the company, as the list of who looked."
MAIL = "The processes that deliver mail and take it in."
SELF = "The person, in their account."
STAFF = "Staff of the company who may look after accounts."
PUBLIC = "Everybody, once the person agreed."


@dataclass(frozen=True)
class Time:
    """When rows go, or until when they stay, and why."""

    what: str
    when: str
    why: str


@dataclass(frozen=True)
class Entry:
    """One table."""

    table: str
    title: str
    facts: list[str]
    never_copied: list[str]
    purposes: list[Purpose]
    kept: str
    times: list[Time]
    seen_by: list[str]
    copied: str
    erased: list[str]

    @property
    def id(self) -> str:
        return self.table.replace(".", "-").lower()


@dataclass(frozen=True)
class Group:
    whose: Whose
    about: str
    entries: list[Entry]

    @property
    def id(self) -> str:
        return self.whose.name.lower()


@dataclass(frozen=True)
class Beside:
    """One store beside the tables."""

    store: str
    title: str
    whose: list[str]
    facts: list[str]
    purposes: list[Purpose]
    where: str
    kept: str
    ends: str
    erased: str

    @property
    def id(self) -> str:
        return self.store.replace(".", "-").replace("_", "-")


def beside() -> list[Beside]:
    return [_beside(store) for store in every_store()]


def _beside(store: Store) -> Beside:
    return Beside(
        store=store.key,
        title=store.title,
        whose=[whose.value for whose in store.whose],
        facts=list(store.facts),
        purposes=list(store.purposes),
        where=store.where,
        kept=store.kept,
        ends=store.ends,
        erased=store.erasing,
    )


def groups() -> list[Group]:
    """By whose data it is."""
    entries: dict[Whose, list[Entry]] = {whose: [] for whose in ABOUT}
    for holding in sorted(every_holding(), key=_is_proof):
        entries[holding.whose].append(entry_of(holding))
    return [Group(whose, ABOUT[whose], some) for whose, some in entries.items() if some]


def _is_proof(holding: Holding) -> bool:
    """What only proves something comes after what it is about."""
    return set(holding.purposes) == {Purpose.PROOF}


def entry_of(holding: Holding) -> Entry:
    return Entry(
        table=holding.label,
        title=holding.title,
        facts=_words(holding, [*holding.columns, *holding.files]) or [LINES],
        never_copied=_words(holding, holding.secrets),
        purposes=list(holding.purposes),
        kept=holding.kept,
        times=_times(holding.model),
        seen_by=_seen_by(holding),
        copied=_copied(holding),
        erased=_erased(holding),
    )


def as_json() -> dict[str, Any]:
    return {
        "people": [
            {"whose": group.whose.value, "tables": [_entry_json(e) for e in group.entries]}
            for group in groups()
        ],
        "beside_the_tables": [_entry_json(one) for one in beside()],
        "nobody": [{"table": table, "why": why} for table, why in sorted(nobodies().items())],
    }


def _entry_json(entry: Entry | Beside) -> dict[str, Any]:
    purposes = [{"clause": p.clause, "purpose": p.label} for p in entry.purposes]
    return asdict(entry) | {"purposes": purposes}


def _words(holding: Holding, columns: Any) -> list[str]:
    """Names of columns, as people say them."""
    return list(dict.fromkeys(_word(holding.model, column) for column in columns))


def _word(model: Any, column: str) -> str:
    names = []
    for step in column.split("__"):
        field: models.Field[Any, Any] = model._meta.get_field(step)
        names.append(str(field.verbose_name))
        model = field.related_model
    said = " ".join(names)
    return WORDS.get(said, said)


def _times(model: type[models.Model]) -> list[Time]:
    return [Time(time.what, time.when, time.why) for time in times_of(model)]


def _seen_by(holding: Holding) -> list[str]:
    model: Any = holding.model
    of_site = issubclass(model, SiteOwned)
    seers = [PUBLIC] if Purpose.PUBLISHING in holding.purposes else []
    if of_site:
        seers.append(SITES)
    elif holding.whose == Whose.USER:
        seers.append(SELF)
    if of_site and data_class_of(model) == "user_data":
        seers.append(_under_grant(model) if model in walled_models() else JOURNAL)
    elif holding.label not in NOT_FOR_STAFF:
        seers.append(STAFF)
    if any(opening.role == POST for opening in getattr(model, "openings", ())):
        seers.append(MAIL)
    return seers


def _under_grant(model: Any) -> str:
    hidden = model.hidden_from_staff
    return f"{GRANTED} Never: {', '.join(hidden)}." if hidden else GRANTED


def _copied(holding: Holding) -> str:
    if not (holding.of_contact or holding.of_user or holding.copied):
        return "In no copy: nothing here leads to a person."
    whom = {"the contact": holding.of_contact or holding.copied, "the user": holding.of_user}
    people = " and ".join(name for name, known in whom.items() if known)
    return f"In the copy for {people}{', with the files' if holding.files else ''}."


def _erased(holding: Holding) -> list[str]:
    """A row that stays says why; what an erasure does to it stands before."""
    default = Holding.__dataclass_fields__["erasing"].default
    does = holding.erase or not holding.stays or holding.erasing != default
    told = [holding.erasing] if does else ["It stays."]
    return [*told, holding.stays] if holding.stays else told
