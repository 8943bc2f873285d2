"""Account data in the staff admin: sites with their standing, operators, invitations."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import CharField, OuterRef, QuerySet, Subquery, Value
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextareaWidget

from accounts import operations
from accounts.models import Site, Tombstone
from comm100.core.account_data import AccountDataAdmin
from comm100.core.tenancy import across_sites
from operators.models import Invitation, Operator, Role

STANDING_LABELS = {
    "Moderation needed": "warning",
    "Trusted": "success",
    "Suspended": "danger",
}


class StandingForm(forms.ModelForm):  # type: ignore[type-arg]
    """The one thing staff change about a site, and why: the site is told the reason."""

    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="Goes to the owners by mail and into the site's journal.",
    )

    class Meta:
        model = Site
        fields = ("standing",)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "standing" in self.changed_data and not given.get("reason", "").strip():
            self.add_error("reason", "Say why. The owners get this text by mail.")
        return given


@admin.register(Site)
class SiteAdmin(AccountDataAdmin):
    """Sites as accounts: who they are and what they may send, nothing of what they host."""

    form = StandingForm
    list_display = ("name", "slug", "show_standing", "owners", "web_url", "created_at", "closes_at")
    list_filter = ("standing", ("closes_at", admin.EmptyFieldListFilter), "created_at")
    search_fields = ("name", "slug")
    search_help_text = "Name, or the name in addresses"
    ordering = ("-created_at",)
    readonly_fields = (
        "name", "slug", "web_url", "owners", "company_address", "employees", "industry",
        "time_zone", "created_at", "closes_at",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": ("name", "slug", "web_url", "owners", "created_at", "closes_at")}),
        ("Standing", {"fields": ("standing", "reason")}),
        ("Profile", {"fields": ("company_address", "employees", "industry", "time_zone")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        with across_sites():
            owners = (
                Operator.objects.owners()
                .filter(site=OuterRef("pk"))
                .order_by()
                .values("site")
                .annotate(emails=StringAgg("user__email", Value(", "), order_by="user__email"))
                .values("emails")
            )
        emails = Subquery(owners, output_field=CharField())
        sites: QuerySet[Any] = super().get_queryset(request).annotate(owner_emails=emails)
        return sites

    @admin.display(description="Owners")
    def owners(self, site: Any) -> str:
        return site.owner_emails or "–"

    @display(description="Standing", ordering="standing", label=STANDING_LABELS)  # type: ignore[untyped-decorator]
    def show_standing(self, site: Site) -> str:
        return site.get_standing_display()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("accounts.change_site"))

    def save_model(self, request: Any, obj: Site, form: Any, change: bool) -> None:
        operations.change_standing(
            obj,
            standing=form.cleaned_data["standing"],
            reason=form.cleaned_data["reason"],
            by=request.user,
        )


@admin.register(Operator)
class OperatorAdmin(AccountDataAdmin):
    list_display = ("user", "site", "show_role", "created_at", "left_at")
    list_filter = ("role",)
    list_select_related = ("user", "site")
    search_fields = ("user__email", "user__name", "site__slug")
    search_help_text = "E-mail, name, or the site’s name in addresses"
    ordering = ("-created_at",)
    fields = ("user", "site", "role", "created_at", "left_at")

    @admin.display(description="Role", ordering="role")
    def show_role(self, operator: Operator) -> str:
        return Role(operator.role).label


@admin.register(Invitation)
class InvitationAdmin(AccountDataAdmin):
    list_display = ("email", "name", "site", "role", "show_state", "created_at", "expires_at")
    list_select_related = ("site",)
    search_fields = ("email", "site__slug")
    search_help_text = "E-mail, or the site’s name in addresses"
    ordering = ("-created_at",)
    fields = (
        "email", "name", "site", "role", "created_at", "expires_at", "accepted_at", "revoked_at",
    )  # fmt: skip

    @admin.display(description="State")
    def show_state(self, invitation: Invitation) -> str:
        return invitation.state


@admin.register(Tombstone)
class TombstoneAdmin(AccountDataAdmin):
    """Sites that were deleted: nothing that names them."""

    list_display = ("day", "show_rows", "entries", "show_head", "is_done")
    ordering = ("-id",)
    list_display_links = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.has_perm("accounts.view_site"))

    @display(description="Rows")  # type: ignore[untyped-decorator]
    def show_rows(self, stone: Tombstone) -> int:
        return stone.row_count

    @display(description="Last seal of the journal")  # type: ignore[untyped-decorator]
    def show_head(self, stone: Tombstone) -> str:
        return bytes(stone.head).hex()

    @display(description="Done", boolean=True)  # type: ignore[untyped-decorator]
    def is_done(self, stone: Tombstone) -> bool:
        return stone.of_site is None
