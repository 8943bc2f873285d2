"""Disclosures that the law demands: asked for, approved by another, handed over, told (P6.3)."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Site, User
from comm100.core.events import Event, publish
from comm100.core.tenancy import across_sites, reading_as_staff
from privacy.events import DisclosureSealed, GrantApproved, GrantOpened
from privacy.granting import column_for
from privacy.models import LegalDisclosure
from privacy.models.disclosure import LegalDisclosureQuerySet
from privacy.operations.grant import GrantRefused, as_staff, declare_record, read_record


def all_disclosures() -> LegalDisclosureQuerySet:
    """As staff see them."""
    with across_sites():
        return LegalDisclosure.objects.using("staff").for_list()


def disclosure_of(pk: int, *, by: User) -> LegalDisclosure | None:
    with reading_as_staff(by.pk):
        return all_disclosures().filter(pk=pk).first()


def ask_disclosure(site: Site, *, order: Mapping[str, Any], by: User) -> LegalDisclosure:
    """order: order_reference, authority, scope, records, barred_until, bar_reason.

    Raises GrantRefused: without a reference, an authority or records, or a bar without a reason.
    """
    until: date | None = order["barred_until"]
    given = [
        *(site.pk, order["order_reference"], order["authority"], order["scope"]),
        *(json.dumps(order["records"]), until, order["bar_reason"]),
    ]
    pk = as_staff(by, "ask_disclosure", given)
    asked = all_disclosures().get(pk=pk)
    if not asked.is_barred:
        _tell(GrantOpened(site_id=site.pk, grant_id=asked.grant.pk))
    return asked


def approve_disclosure(disclosure: LegalDisclosure, *, by: User) -> None:
    """The second person. Raises GrantRefused for who asked."""
    as_staff(by, "second_grant", [disclosure.grant.pk])
    if not disclosure.is_barred:
        _tell(GrantApproved(site_id=disclosure.site_id, grant_id=disclosure.grant.pk))


def hand_over(
    disclosure: LegalDisclosure, *, shown: Mapping[str, tuple[Any, Sequence[str]]], by: User
) -> bytes:
    """The exact file: each record declared in the journal, read, and the whole sealed by its hash.

    shown: kind → (model, fields that staff may read). Once only. Raises GrantRefused.
    """
    found = [_record(disclosure, kind, key, shown=shown, by=by) for kind, key in disclosure.records]
    facts = {
        "order": disclosure.order_reference,
        "authority": disclosure.authority,
        "site": disclosure.site.slug,
        "made": timezone.now().isoformat(),
        "records": found,
    }
    content = json.dumps(facts, ensure_ascii=False, indent=2, default=_plain).encode()
    count = sum(one["fields"] is not None for one in found)
    sealed = [disclosure.pk, sha256(content).hexdigest(), count]
    as_staff(by, "seal_disclosure", sealed, grant_id=disclosure.grant.pk)
    _tell(DisclosureSealed(site_id=disclosure.site_id, disclosure_id=disclosure.pk))
    return content


def _record(
    disclosure: LegalDisclosure,
    kind: str,
    key: str,
    *,
    shown: Mapping[str, tuple[Any, Sequence[str]]],
    by: User,
) -> dict[str, Any]:
    model, fields = shown[kind]
    named = column_for(model, key)
    if named is None:
        raise GrantRefused(f"{key} names no record")
    pk = declare_record(disclosure.grant, model, *named, fields=fields, by=by)
    row = pk and read_record(disclosure.grant, model, pk, fields=fields, by=by)
    columns = {name: model._meta.get_field(name).attname for name in fields}
    values = {name: getattr(row, column) for name, column in columns.items()} if row else None
    return {"kind": kind, "number": key, "fields": values}


def _plain(value: Any) -> str:
    return bytes(value).hex() if isinstance(value, memoryview | bytes) else str(value)


@transaction.atomic
def tell_disclosure(pk: int) -> LegalDisclosure | None:
    """The site in context may know now; None when it may not, or knew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT app.tell_disclosure(%s)", [pk])
        (told,) = cursor.fetchone()
    return LegalDisclosure.objects.select_related("site").get(pk=pk) if told else None


def _tell(event: Event) -> None:
    with transaction.atomic():
        publish(event)
