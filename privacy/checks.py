"""User data stands in the staff admin behind grants only: another page stops the start."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.core.checks import CheckMessage, Error, register

from comm100.core.fortify import data_class_of
from privacy.admin import GrantedModelAdmin

BASE = "Derive its page from privacy.admin.GrantedModelAdmin."


@register()
def user_data_is_shown_under_grants(app_configs: Any, **_: Any) -> list[CheckMessage]:
    return list(_gaps(admin.site))


def _gaps(site: admin.AdminSite) -> Iterator[CheckMessage]:
    for model, page in site._registry.items():
        if data_class_of(model) == "user_data":
            yield from _gaps_of_page(model, page)
        for inline in page.inlines:
            if data_class_of(inline.model) == "user_data":
                told = f"{type(page).__name__} shows {inline.model._meta.label} inline."
                yield Error(told, hint=BASE, id="privacy.E002")


def _gaps_of_page(model: Any, page: Any) -> Iterator[CheckMessage]:
    name = f"{type(page).__name__} of {model._meta.label}"
    if not isinstance(page, GrantedModelAdmin):
        yield Error(f"{name} shows user data without a grant.", hint=BASE, id="privacy.E001")
        return
    known = {field.name: field for field in model._meta.local_fields}
    for field in page.shown:
        if field not in known:
            yield Error(f"{name} shows {field}, which is no column.", id="privacy.E003")
        elif known[field].column in model.hidden_from_staff:
            hint = "It is named in hidden_from_staff."
            yield Error(f"{name} shows {field}, a secret.", hint=hint, id="privacy.E003")
