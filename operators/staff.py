"""Account data at the side of the staff admin, and who signed up last on its first page."""

from typing import Any

from accounts.models import Site
from comm100.core.staff import Panel, StaffPlace, offer_panel, offer_staff_place

LATEST = 8
PLACES = (
    (30, "Sites", "accounts_site", "language", "accounts.view_site"),
    (35, "Deleted sites", "accounts_tombstone", "delete_forever", "accounts.view_site"),
    (40, "Users", "accounts_user", "person", "accounts.view_user"),
    (50, "Operators", "operators_operator", "badge", "operators.view_operator"),
    (60, "Invitations", "operators_invitation", "mail", "operators.view_invitation"),
    (70, "Groups of staff", "auth_group", "groups", "auth.view_group"),
    (80, "What staff did", "admin_logentry", "history", "admin.view_logentry"),
)


def offer_account_data() -> None:
    for order, label, model, icon, permission in PLACES:
        offer_staff_place(
            StaffPlace(
                label=label,
                url_name=f"admin:{model}_changelist",
                icon=icon,
                permission=permission,
                order=order,
            )
        )
    offer_panel(
        Panel(
            template="staff/panels/sign_ups.html",
            facts=latest_sites,
            permission="accounts.view_site",
            order=30,
        )
    )


def latest_sites() -> dict[str, Any]:
    return {"sites": Site.objects.using("staff").order_by("-created_at")[:LATEST]}
