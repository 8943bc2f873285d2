"""Contacts, their fields and imports, and the visitors that may become one."""

from visitors.models.contact import (
    SEARCH_MOST,
    Consent,
    Contact,
    ContactEvent,
    ContactQuerySet,
    Source,
)
from visitors.models.field import CustomField
from visitors.models.imports import Import, RefusedRow
from visitors.models.visitor import Identification, LinkClick, PageView, VisitCount, Visitor

__all__ = [
    "SEARCH_MOST",
    "Consent",
    "Contact",
    "ContactEvent",
    "ContactQuerySet",
    "CustomField",
    "Identification",
    "Import",
    "LinkClick",
    "PageView",
    "RefusedRow",
    "Source",
    "VisitCount",
    "Visitor",
]
