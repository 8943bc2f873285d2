"""How a record reads that was opened under a grant: its fields in words, and where they lead."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db import models
from django.db.models import Model

from comm100.core.addresses import normalise_email
from comm100.core.paging import LONGEST_KEY
from comm100.core.tenancy import SiteForeignKey

LONG = 80  # characters; what is longer stands in a block of its own


@dataclass(frozen=True)
class Shown:
    """One field: a text, a moment, or another record: its kind (`visitors.contact`) and id."""

    label: str
    text: str = ""
    moment: datetime | None = None
    leads_to: str = ""
    pk: int | None = None

    @property
    def is_long(self) -> bool:
        return len(self.text) > LONG or "\n" in self.text


def name_of(model: type[Model], pk: int | str) -> str:
    """`Contact, row 42` stands for a record that nobody opened: no text that somebody wrote."""
    return f"{str(model._meta.verbose_name).capitalize()}, row {pk}"


def known_as(row: Model) -> str:
    """A record that was opened goes by the number that the site knows it by: `Contact 12`."""
    number = getattr(row, "number", None)
    if number is None:
        return name_of(type(row), row.pk)
    return f"{str(row._meta.verbose_name).capitalize()} {number}"


def shown_fields(row: Model, fields: Sequence[str]) -> Iterator[Shown]:
    for name in fields:
        field: Any = row._meta.get_field(name)
        label = str(field.verbose_name).capitalize()
        value = getattr(row, field.attname)
        if isinstance(field, SiteForeignKey):
            kind = field.related_model
            words = "" if value is None else name_of(kind, value)
            yield Shown(label, words, leads_to=kind._meta.label_lower, pk=value)
        elif isinstance(value, datetime):
            yield Shown(label, moment=value)
        else:
            yield Shown(label, text=_words(row, field, value))


def _words(row: Model, field: "models.Field[Any, Any]", value: Any) -> str:
    if value is None or value == "":
        return ""
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, memoryview | bytes):
        return _bytes_in_words(bytes(value))
    if isinstance(value, dict | list):
        return _laid_out(value) if value else ""
    return str(value)


def _bytes_in_words(value: bytes) -> str:
    """Text and JSON as they are, anything else in hexadecimal."""
    try:
        text = value.decode()
        return _laid_out(json.loads(text))
    except json.JSONDecodeError:
        return text
    except UnicodeDecodeError:
        return value.hex()


def _laid_out(value: Any) -> str:
    """JSON for reading: long texts in it stand as they are, below their names."""
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return "\n".join(_line(str(name), one) for name, one in value.items())


def _line(name: str, value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{name}:\n\n{text}\n" if len(text) > LONG or "\n" in text else f"{name}: {text}"


def kinds() -> dict[str, Any]:
    """`visitors.contact` → its page in the staff admin: all that can be opened under a grant."""
    found = {
        model._meta.label_lower: page
        for model, page in admin.site._registry.items()
        if getattr(page, "under_grant", False)
    }
    return dict(sorted(found.items(), key=lambda kind: str(kind[1].opts.verbose_name)))


def kind_of_table(table: str) -> Any:
    """The page for records of a table; None where staff open none."""
    return next((page for page in kinds().values() if page.opts.db_table == table), None)


def column_for(model: type[Model], key: str) -> tuple[str, str] | None:
    """By which column a record is named when somebody types `key`, and the key in its form."""
    names = {field.name for field in model._meta.local_fields}
    key = key.strip()
    if "@" in key and "email_norm" in names:
        return "email_norm", normalise_email(key)
    number = key.lstrip("#")
    if number.isdecimal() and len(number) <= LONGEST_KEY:
        return ("number" if "number" in names else "id"), number
    return None
