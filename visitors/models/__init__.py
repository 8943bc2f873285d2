"""Contacts, what they chose, their fields and imports, and the visitors that may become one."""

from visitors.models.choice import EVERYBODY, MAIL_KINDS, Choice, Kind, Receipt, Wording
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
from visitors.models.wish import ContactCopy, ContactErasure

__all__ = [
    "EVERYBODY",
    "MAIL_KINDS",
    "SEARCH_MOST",
    "Choice",
    "Consent",
    "Contact",
    "ContactCopy",
    "ContactErasure",
    "ContactEvent",
    "ContactQuerySet",
    "CustomField",
    "Identification",
    "Import",
    "Kind",
    "LinkClick",
    "PageView",
    "Receipt",
    "RefusedRow",
    "Source",
    "VisitCount",
    "Visitor",
    "Wording",
]
