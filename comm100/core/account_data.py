"""Admin pages over account data: read as `comm100_staff`, changed by operations only."""

from typing import Any, TypeVar

from django.db import models
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from comm100.core.tenancy import across_sites

M = TypeVar("M", bound=models.Model)


class StaffAdmin(ModelAdmin):
    """What we chose to show: the staff site registers nothing without this base."""

    for_staff = True


class AccountDataAdmin(StaffAdmin):
    """Nothing is added, deleted or edited by field; the database shows staff these rows only."""

    actions = None
    list_per_page = 50
    show_full_result_count = False
    show_facets = False
    list_disable_select_all = True

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        with across_sites():
            rows: models.QuerySet[Any] = super().get_queryset(request)
        return rows.using("staff")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
