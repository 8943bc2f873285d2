"""The base of every admin page over user data: one record, under a grant, after it was declared.

Django's own pages leak by lists, searches, filters, choices and histories, so there are none of
them: a page to name a record, and a page that shows it. An app registers its models in its
`admin.py` with the fields to show.
"""

from typing import Any, ClassVar, cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.models import User
from comm100.core.account_data import StaffAdmin
from comm100.core.paging import key_in
from comm100.core.staff import staff_may, staff_page
from comm100.core.tenancy import across_sites
from privacy.granting import kinds, known_as, name_of, shown_fields
from privacy.grants import grant_at_work, grants_of
from privacy.operations.grant import read_record

WORK = "privacy.add_accessgrant"


class GrantedModelAdmin(StaffAdmin):
    """Shows `shown` of one record; what is not in it, staff do not read even under a grant."""

    under_grant: ClassVar[bool] = True
    shown: ClassVar[tuple[str, ...]] = ()
    actions = None
    search_fields = ()
    list_filter = ()
    inlines = ()

    def get_urls(self) -> list[Any]:
        name = f"{self.opts.app_label}_{self.opts.model_name}"
        guard = staff_may(WORK)
        naming, record = guard(require_GET(self._name_one)), guard(require_GET(self._show_one))
        return [
            path("", never_cache(naming), name=f"{name}_changelist"),
            path("<int:pk>/change/", never_cache(record), name=f"{name}_change"),
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Nothing, whatever page of the library asks: records are read by `read_record` alone."""
        with across_sites():
            return self.model._base_manager.none()

    def lookup_allowed(self, *_: Any, **__: Any) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm(WORK))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def log_addition(self, *_: Any) -> Any:
        """What staff do with user data stands in the journal of the site, nowhere else."""
        raise PermissionDenied

    log_change = log_deletions = log_addition

    def _name_one(self, request: HttpRequest) -> HttpResponse:
        """Name one record, under a grant that one holds: there is no list."""
        facts = {"kind": self, "held": grants_of(_staff(request)).for_records()}
        return staff_page(request, "staff/grants/naming.html", facts)

    def _show_one(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The record that was declared; else how to declare it."""
        user = _staff(request)
        grant = grant_at_work(user, key_in(request, "grant"))
        row = grant and read_record(grant, self.model, pk, fields=self.shown, by=user)
        facts = {"kind": self, "pk": pk, "name": name_of(self.model, pk), "grant": grant}
        if row is None:
            facts["held"] = [grant] if grant else grants_of(user).for_records()
            return staff_page(request, "staff/grants/undeclared.html", facts)
        fields = list(shown_fields(row, self.shown))
        facts |= {
            "name": known_as(row),
            "short": [one for one in fields if not one.is_long],
            "long": [one for one in fields if one.is_long],
            "known": set(kinds()),
        }
        return staff_page(request, "staff/grants/record.html", facts)


def _staff(request: HttpRequest) -> User:
    return cast("User", request.user)
