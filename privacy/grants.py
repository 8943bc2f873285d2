"""Grants as staff see them: their own, those of colleagues, what was opened under each."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.urls import reverse

from accounts.models import User
from comm100.core.models import JournalEntry
from comm100.core.tenancy import across_sites
from privacy.granting import kind_of_table, name_of
from privacy.models import AccessGrant
from privacy.models.grant import AccessGrantQuerySet

WORK = "privacy.add_accessgrant"  # may ask for grants, and decide on those of colleagues
MISSED = "record.missed"
OPENED = ("record.view", MISSED)


@dataclass(frozen=True)
class OpenedRecord:
    """One line of the journal about a record that was looked at, or looked for."""

    seq: int
    at: datetime
    name: str
    fields: list[str]
    is_related: bool
    is_missed: bool
    url: str  # "" when there is no page for it


def all_grants() -> AccessGrantQuerySet:
    with across_sites():
        return AccessGrant.objects.using("staff").for_list()


def grants_of(user: User) -> AccessGrantQuerySet:
    return all_grants().filter(staff=user)


def who_may_decide(grant: AccessGrant) -> list[User]:
    """The staff who may agree to it or refuse it: all who work with grants but who asked."""
    able: Any = ModelBackend().with_perm(WORK)
    return list(able.filter(is_staff=True).exclude(pk=grant.staff_id).order_by("email"))


def grant_at_work(user: User, pk: int | None) -> AccessGrant | None:
    """The grant under which this staff member works; None when it is not theirs or is over."""
    return grants_of(user).for_records().filter(pk=pk).first() if pk else None


def opened_under(grant: AccessGrant) -> list[OpenedRecord]:
    with across_sites():
        entries = JournalEntry.objects.using("staff").filter(
            site_id=grant.site_id, grant_id=grant.pk, action__in=(*OPENED, "moderation.opened")
        )
    return [_opened(entry, grant) for entry in entries.order_by("-seq")]


def _opened(entry: JournalEntry, grant: AccessGrant) -> OpenedRecord:
    return OpenedRecord(
        seq=entry.seq,
        at=entry.at,
        name=record_name(entry),
        fields=entry.detail.get("fields", []),
        is_related=entry.detail.get("related", True),
        is_missed=entry.action == MISSED,
        url=_record_url(entry, grant),
    )


def record_name(entry: JournalEntry) -> str:
    """`Contact, row 42`, from the table and the id that the journal keeps."""
    page = kind_of_table(entry.object_table)
    if page is None:
        return f"{entry.object_table} {entry.object_id}".strip()
    return (
        name_of(page.model, entry.object_id)
        if entry.object_id
        else str(page.opts.verbose_name).capitalize()
    )


def _record_url(entry: JournalEntry, grant: AccessGrant) -> str:
    page: Any = kind_of_table(entry.object_table)
    if page is None or entry.action != "record.view":
        return ""
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}_change"
    return f"{reverse(name, args=[entry.object_id])}?grant={grant.pk}"
