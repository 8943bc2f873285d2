"""The register of personal data: what is held of whom, for what, how it is copied, how it goes.

Each app registers its tables in its `personal_data.py`, in the order in which rows refer to each
other: what others refer to comes first, and is erased last. The data map, copies and erasures are
made from this register alone, and a check refuses a table that is not in it (core/checks.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal

from django.apps import apps
from django.db import models

from comm100.core.addresses import address_hash
from comm100.core.retention import kept_in_words
from comm100.core.tenancy import SiteOwned


class NotYet(Exception):
    """Something is on its way just now: the erasure goes on in a moment."""


STEP = 500  # rows that one step of an erasure takes
Values = dict[str, Any]


class Purpose(Enum):
    """What personal data may be used for: the closed list of the policy, each with its clause."""

    SERVICE = "P3.1", "To perform the service"
    NOTICES = "P3.2", "To tell of maintenance and of new features"
    MARKETING = "P3.3", "For marketing, where it was agreed to"
    IMPROVING = "P3.4", "To improve the web pages"
    PERSONALISING = "P3.5", "To personalise pages, where it was chosen"
    PUBLISHING = "P5.6", "To show in public what somebody agreed to"
    PROOF = "P7.1", "To prove what somebody chose and who looked"
    SECURITY = "P10.1", "To keep accounts and sites secure"
    LAW = "P6.3", "Because the law demands it"

    def __init__(self, clause: str, label: str) -> None:
        self.clause = clause
        self.label = label


class Whose(Enum):
    """Of whom a table tells."""

    CONTACT = "Contacts of a site"
    VISITOR = "Visitors of a site’s web pages"
    USER = "People with an account"
    INVITED = "People who are asked to join"
    CUSTOMER = "Customers who say something in public"
    STAFF = "Staff and agents of the company"


@dataclass(frozen=True)
class Person:
    """Whose data is asked for: a contact of the site in context, or a user of the platform.

    addresses: normalised, and proven to be theirs. site_id: the site in context; of a user 0 for
    the tables of accounts, then each site where something of them stands.
    """

    kind: Literal["contact", "user"]
    pk: int
    addresses: tuple[str, ...]
    site_id: int = 0

    @property
    def hashes(self) -> list[bytes]:
        return [address_hash(address) for address in self.addresses]


Rows = Callable[[Person], "models.QuerySet[Any]"]


@dataclass(frozen=True, kw_only=True)
class Holding:
    """One table and what it tells of a person; for what stands elsewhere see core/stores.py.

    columns: what tells of the person; a copy has them, `group__name` follows a reference.
    files: columns that a copy has as files, with their suffix. secrets: what tells of the person
    and opens doors, so no copy has it. harmless: texts that tell of nobody.
    of_contact, of_user: the rows of a person; None where the table knows no such people.
    copied: what a copy has besides, or where there are no rows. searched: the rows are found by
    reading texts, which takes too long for a page that counts them.
    erase: one bounded step, answers how many rows it did, 0 when nothing is left; without it the
    rows are deleted, unless `stays` says why they remain.
    """

    model: type[models.Model]
    title: str
    whose: Whose
    purposes: tuple[Purpose, ...]
    columns: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    of_contact: Rows | None = None
    of_user: Rows | None = None
    copied: Callable[[Person], Iterator[Values]] | None = None
    erase: Callable[[Person], int] | None = None
    erasing: str = "The rows are deleted."
    stays: str = ""
    searched: bool = False

    @property
    def label(self) -> str:
        """`visitors.Contact`."""
        return self.model._meta.label

    @property
    def kept(self) -> str:
        """How long, in the words of the register of retention."""
        return kept_in_words(self.model)

    @property
    def named(self) -> set[str]:
        """Every column that somebody thought about."""
        return {*self.columns, *self.files, *self.secrets, *self.harmless}

    def rows_of(self, person: Person) -> "models.QuerySet[Any] | None":
        """What stands there of this person; None where such people cannot."""
        find = self.of_contact if person.kind == "contact" else self.of_user
        return find(person) if find else None

    def knows(self, person: Person) -> bool:
        """Whether it may hold something of them in the present context: a table of sites is asked
        for a user in each site, one of accounts once."""
        if person.kind == "contact":
            return bool(self.of_contact or self.copied or self.erase)
        of_sites = issubclass(self.model, SiteOwned)
        return bool(self.of_user) and of_sites == bool(person.site_id)

    def copy(self, person: Person) -> Iterator[Values]:
        """Each row as a copy has it, without its files; choices in words."""
        rows = self.rows_of(person)
        if rows is not None:
            words = self._words()
            for row in rows.order_by("pk").values(*self.columns).iterator(chunk_size=STEP):
                yield {
                    name: words[name].get(value, value) if name in words else value
                    for name, value in row.items()
                }
        if self.copied:
            yield from self.copied(person)

    def _words(self) -> dict[str, dict[Any, str]]:
        fields = self.model._meta.local_fields
        return {field.name: dict(field.flatchoices) for field in fields if field.choices}

    def copy_files(self, person: Person) -> Iterator[tuple[str, bytes]]:
        """Name and content of each file."""
        rows = self.rows_of(person) if self.files else None
        if rows is None:
            return
        for pk, *contents in rows.values_list("pk", *self.files).iterator(chunk_size=20):
            for (name, suffix), content in zip(self.files.items(), contents, strict=True):
                if content:
                    yield f"{self.label}/{pk}-{name}{suffix}", bytes(content)

    def erase_some(self, person: Person) -> int:
        """One step; 0 when nothing is left to do here. Safe to repeat."""
        if self.erase:
            return self.erase(person)
        rows = None if self.stays else self.rows_of(person)
        if rows is None:
            return 0
        some = list(rows.order_by("pk").values_list("pk", flat=True)[:STEP])
        if some:
            self.model._base_manager.filter(pk__in=some).delete()
        return len(some)


_holdings: dict[str, Holding] = {}
_nobody: dict[str, str] = {}


def hold(*holdings: Holding) -> None:
    """Register; called from `personal_data.py` of an app."""
    for holding in holdings:
        if holding.label in _holdings or holding.label in _nobody:
            raise ValueError(f"{holding.label} is registered twice.")
        _holdings[holding.label] = holding


def tells_of_nobody(**why: str) -> None:
    """`visitors_CustomField="Names of columns."`: a table that tells of no person, and why."""
    for name, reason in why.items():
        app, model = name.split("_", 1)
        label = apps.get_model(app, model)._meta.label
        if label in _holdings:
            raise ValueError(f"{label} is registered twice.")
        _nobody[label] = reason


def every_holding() -> list[Holding]:
    """Ground floor first: the order in which a copy tells, and the data map shows."""
    return list(_holdings.values())


def erasing_order() -> list[Holding]:
    """What refers to others goes before them."""
    return every_holding()[::-1]


def holding_of(label: str) -> Holding | None:
    return _holdings.get(label)


def nobodies() -> dict[str, str]:
    """Label of a model → why it tells of nobody."""
    return dict(_nobody)
