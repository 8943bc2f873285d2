"""Who of the company looked at a site's data, in the site's own words."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from accounts.models import Site
from comm100.core.models import JournalEntry
from comm100.core.navigation import Place, offer
from operators import chronicle
from operators.records import Named, kind_word, kinds, record_names, url_of
from privacy.models import AccessGrant, Purpose

SEEN = "record.view"
LOOKS = (SEEN, "record.missed", "moderation.opened")
DID = {
    "grant.opened": "asked to look at data",
    "grant.approved": "agreed to it, as a second person",
    "grant.admitted": "let them look",
    "grant.closed": "ended the access",
    "grant.expired": "ended the access: its time was over",
    "grant.objected": "objected, which ended the access",
    "record.view": "looked at",
    "record.missed": "looked for",
    "moderation.opened": "opened for moderation",
    "law.disclosed": "handed over what an order demanded",
    "law.told": "told the site of an order",
}


@dataclass(frozen=True)
class Look:
    """One line: Mara of Comm100 looked at contact 12 (e-mail, name)."""

    seq: int
    at: datetime
    who: str
    did: str
    record: str
    url: str
    fields: str
    grant: AccessGrant | None
    is_look: bool

    @property
    def purpose(self) -> str:
        return Purpose(self.grant.purpose).label if self.grant else ""


def offer_looks() -> None:
    """The place in the side bar, and how these entries read in the journal."""
    offer(
        Place(
            label="Who looked",
            url_name="looks:looks",
            icon="eye",
            permission="access:read",
            section="Site",
            order=915,
        )
    )
    chronicle.tell(
        grant_opened=_for_its_purpose("asked to look at data for {minutes:minute}"),
        grant_approved="agreed that a colleague looks at data",
        grant_admitted="let staff look at data",
        grant_closed="ended an access to data",
        grant_expired="ended an access to data: its time was over",
        grant_objected="objected to an access to data, which ended it",
        record_view=_for_its_purpose("looked at {object} ({fields})"),
        record_missed=_for_its_purpose("looked for a record that is not here"),
    )
    chronicle.label(
        grant_opened="Access to data asked for",
        grant_approved="Access to data agreed to by a second person",
        grant_admitted="Access to data allowed by the site",
        grant_closed="Access to data ended",
        grant_expired="Access to data ended by time",
        grant_objected="Access to data objected to",
        record_view="Record looked at by staff",
        record_missed="Record looked for by staff",
        alert_settled="Access to data looked into",
    )


def _for_its_purpose(sentence: str) -> Callable[[Mapping[str, Any]], str]:
    """The purpose as the pages call it, where the journal keeps its key."""
    labels = {str(value): text.lower() for value, text in Purpose.choices}

    def words(detail: Mapping[str, Any]) -> str:
        return f"{sentence}: {labels.get(str(detail.get('purpose')), '{purpose}')}, {{reference}}"

    return words


def by_staff() -> QuerySet[JournalEntry]:
    """Every entry of the site in context that has to do with a grant."""
    return JournalEntry.objects.filter(grant_id__isnull=False)


def newest() -> int:
    """The last entry about a grant; 0 when there is none."""
    return by_staff().order_by("-seq").values_list("seq", flat=True).first() or 0


def choices() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """For the filters, in one query: staff who ever asked here, kinds that were looked at."""
    seen = by_staff().filter(action=SEEN).order_by().values_list
    asked = AccessGrant.objects.order_by().values_list
    staff = asked(Value("staff"), Cast("staff_id", TextField()), "staff__name").distinct()
    kinds = seen(Value("kind"), Cast("object_table", TextField()), Value("")).distinct()
    rows = list(staff.union(kinds, all=True))
    people = [(key, name) for what, key, name in rows if what == "staff"]
    tables = [(key, kind_word(key)) for what, key, _ in rows if what == "kind"]
    return sorted(people, key=lambda one: one[1]), sorted(tables, key=lambda one: one[1])


def is_open() -> Q:
    return Q(ended_at=None) & (Q(expires_at=None) | Q(expires_at__gt=timezone.now()))


def grants_where(wanted: Q) -> list[AccessGrant]:
    """Newest first; each with `looks`, how many records were looked at under it."""
    seen = by_staff().filter(grant_id=OuterRef("pk"), action=SEEN).order_by()
    count = seen.values("grant_id").annotate(looks=Count("pk")).values("looks")
    grants = AccessGrant.objects.filter(wanted).for_list()
    return list(grants.annotate(looks=Coalesce(Subquery(count), 0)))


def grants_of(entries: Iterable[JournalEntry]) -> dict[int, AccessGrant]:
    """The grants that entries are about, and all that are open now."""
    ids = {entry.grant_id for entry in entries}
    return {grant.pk: grant for grant in grants_where(Q(pk__in=ids) | is_open())}


def told(
    entries: Iterable[JournalEntry], *, site: Site, grants: dict[int, AccessGrant] | None = None
) -> list[Look]:
    """Entries as a person of the site reads them."""
    entries = list(entries)
    grants = grants_of(entries) if grants is None else grants
    people = _staff_of(grants.values())
    people |= chronicle.people_of(entry for entry in entries if entry.actor not in people)
    records = record_names(entries)
    return [
        _look(entry, people, records, grants.get(entry.grant_id or 0), site) for entry in entries
    ]


def _staff_of(grants: Iterable[AccessGrant]) -> dict[str, str]:
    staff = {one for grant in grants for one in (grant.staff, grant.second) if one}
    return {f"staff:{one.pk}": f"{one.name} of {settings.COMPANY_NAME}" for one in staff}


def _look(
    entry: JournalEntry,
    people: dict[str, str],
    records: dict[tuple[str, str], Named],
    grant: AccessGrant | None,
    site: Site,
) -> Look:
    named = records.get((entry.object_table, entry.object_id))
    is_look = entry.action in LOOKS
    return Look(
        seq=entry.seq,
        at=entry.at,
        who=chronicle.who(entry.actor, people),
        did=DID.get(entry.action, chronicle.label_of(entry.action).lower()),
        record=_record(entry, named) if is_look else "",
        url=url_of(site, named) if is_look and named else "",
        fields=_fields(entry) if is_look else "",
        grant=grant,
        is_look=is_look,
    )


def _record(entry: JournalEntry, named: Named | None) -> str:
    if named is None:
        return f"a {kind_word(entry.object_table)} that is not here"
    return named.label


def _fields(entry: JournalEntry) -> str:
    names = entry.detail.get("fields", [])
    model: Any = kinds().get(entry.object_table)
    return ", ".join(_field_word(model, name) for name in names)


def _field_word(model: Any, name: str) -> str:
    try:
        return str(model._meta.get_field(name).verbose_name)
    except (AttributeError, FieldDoesNotExist):
        return name.replace("_", " ")
