"""The register of personal data is whole by construction: a gap in it stops the start."""

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register
from django.db import models

from comm100.core.fortify import data_class_of, every_model
from comm100.core.personal_data import Holding, every_holding, holding_of, nobodies
from comm100.core.retention import HINT as TIMES
from comm100.core.retention import times_of

HINT = (
    "Register it in personal_data.py of its app: hold(Holding(…)) with its columns, how a copy is "
    "made and how it is erased, or tells_of_nobody(app_Model='why')."
)
TEXTS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.GenericIPAddressField,
    models.BinaryField,
)


@register()
def personal_data_is_registered(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """Every table that may tell of people is held, or somebody said why it does not."""
    return [*_unregistered(), *(gap for holding in every_holding() for gap in gaps_of(holding))]


def _unregistered() -> Iterator[CheckMessage]:
    for model in every_model():
        label = model._meta.label
        known = holding_of(label) or label in nobodies()
        if data_class_of(model) in {"user_data", "account_data"} and not known:
            told = f"Nobody said what {label} tells of people."
            yield Error(told, hint=HINT, id="personal_data.E001")


def gaps_of(holding: Holding) -> Iterator[CheckMessage]:
    """Texts of a held table that nobody named, names of no column, rows that nothing erases."""
    for name in sorted(texts_of(holding.model) - holding.named):
        told = f"{holding.label}.{name} is neither named nor harmless."
        yield Error(told, hint=HINT, id="personal_data.E002")
    fields = {field.name for field in holding.model._meta.local_fields}
    for name in sorted(holding.named - fields):
        if "__" not in name:
            yield Error(f"{holding.label} has no column {name}.", id="personal_data.E003")
    if not (holding.of_contact or holding.of_user or holding.erase or holding.stays):
        told = f"Nothing finds or erases the rows of {holding.label}."
        yield Error(told, hint=HINT, id="personal_data.E004")
    if not times_of(holding.model):
        told = f"Nobody said how long {holding.label} is kept."
        yield Error(told, hint=TIMES, id="personal_data.E005")


def texts_of(model: type[models.Model]) -> set[str]:
    """Columns that could hold what tells of a person; of choices a program writes one."""
    return {
        field.name
        for field in model._meta.local_fields
        if isinstance(_written(field), TEXTS) and not field.choices
    }


def _written(field: Any) -> Any:
    return field.output_field if isinstance(field, models.GeneratedField) else field
