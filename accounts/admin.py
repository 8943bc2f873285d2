"""Account data in the staff admin: users, their addresses, groups of staff, what staff did."""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from accounts import operations
from accounts.models import User
from comm100.core.account_data import AccountDataAdmin, StaffAdmin

FLAGS = ("is_active", "is_staff", "is_superuser")
RIGHTS = (*FLAGS, "groups")
STAFF_RIGHTS = (
    "add_decision", "view_relay", "view_site", "change_site", "view_user", "change_user",
    "view_emailaddress", "view_operator", "view_invitation", "view_group", "change_group",
    "add_group", "view_logentry", "add_accessgrant", "view_accessgrant",
)  # fmt: skip


@admin.register(User)
class UserAdmin(AccountDataAdmin):
    """Who signed up. Staff may lock somebody out; superusers say who is staff."""

    list_display = ("email", "name", "is_active", "is_staff", "created_at", "last_login")
    list_filter = ("is_active", "is_staff", "created_at")
    search_fields = ("email", "name")
    search_help_text = "E-mail or name"
    ordering = ("-created_at",)
    formfield_overrides = {ManyToManyField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget}}
    readonly_fields = (
        "email", "name", "created_at", "last_login",
        "accepted_at", "policy_version", "agreement_version",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("email", "name", "created_at", "last_login")}),
        ("Agreed to", {"fields": ("accepted_at", "policy_version", "agreement_version")}),
        ("Rights", {"fields": RIGHTS}),
    )

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("accounts.change_user"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        user: Any = request.user
        mine = obj is not None and obj.pk == user.pk  # nobody locks out or promotes oneself
        if mine or (obj is not None and obj.is_staff and not user.is_superuser):
            return (*self.readonly_fields, *RIGHTS)
        return self.readonly_fields if user.is_superuser else (*self.readonly_fields, *RIGHTS[1:])

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A user belongs to no site: no wall to read past, and groups are saved with the row."""
        return super().get_queryset(request).using("default")

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in FLAGS if name in form.cleaned_data}
        operations.change_rights(obj, by=request.user, **given)


@admin.register(EmailAddress)
class EmailAddressAdmin(AccountDataAdmin):
    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified",)
    list_select_related = ("user",)
    search_fields = ("email",)


class GroupForm(forms.ModelForm):  # type: ignore[type-arg]
    """Rights over what staff may see at all; there is none over user data to give away."""

    permissions = forms.ModelMultipleChoiceField(
        Permission.objects.filter(codename__in=STAFF_RIGHTS).select_related("content_type"),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
    )


@admin.register(Group)
class GroupAdmin(StaffAdmin):
    form = GroupForm
    search_fields = ("name",)


@admin.register(LogEntry)
class LogEntryAdmin(StaffAdmin):
    """What staff decided, newest first. Names accounts by name and campaigns by number only."""

    list_display = ("action_time", "user", "content_type", "object_repr", "change_message")
    list_filter = ("action_time",)
    list_select_related = ("user", "content_type")
    list_display_links = None
    search_fields = ("object_repr", "user__email")
    ordering = ("-action_time",)
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
