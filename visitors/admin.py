"""What staff may open of contacts under a grant, a record at a time (P9.3)."""

from django.contrib import admin

from privacy.admin import GrantedModelAdmin
from visitors.models import (
    Choice,
    Contact,
    ContactEvent,
    CustomField,
    Import,
    Receipt,
    RefusedRow,
    Wording,
)


@admin.register(Contact)
class ContactAdmin(GrantedModelAdmin):
    shown = (
        "number", "email", "name", "time_zone", "fields", "source", "consent", "consent_note",
        "consent_at", "imported_by", "created_at", "updated_at",
    )  # fmt: skip


@admin.register(ContactEvent)
class ContactEventAdmin(GrantedModelAdmin):
    shown = ("contact", "at", "kind", "text", "url")


@admin.register(CustomField)
class CustomFieldAdmin(GrantedModelAdmin):
    shown = ("key", "label", "created_at")


@admin.register(Import)
class ImportAdmin(GrantedModelAdmin):
    """How an import went; the file itself is not shown."""

    shown = (
        "number", "file_name", "size", "header", "mapping", "dialect", "consent", "consent_note",
        "state", "problem", "created", "updated", "unchanged", "duplicates", "refused",
        "created_at", "started_at", "finished_at",
    )  # fmt: skip


@admin.register(RefusedRow)
class RefusedRowAdmin(GrantedModelAdmin):
    shown = ("run", "line", "row", "reason")


@admin.register(Choice)
class ChoiceAdmin(GrantedModelAdmin):
    shown = ("contact", "kind", "agreed", "by_person", "at")


@admin.register(Receipt)
class ReceiptAdmin(GrantedModelAdmin):
    shown = (
        "contact_id", "kind", "about", "before", "after", "at", "by", "where", "wording_digest",
        "policy_version",
    )  # fmt: skip


@admin.register(Wording)
class WordingAdmin(GrantedModelAdmin):
    shown = ("digest", "text")
