"""What privacy adds to the staff admin: grants, audits and alerts, at the side and in front."""

from typing import Any

from comm100.core.staff import Panel, StaffPlace, offer_panel, offer_staff_place
from operators import chronicle
from privacy import grants
from privacy.alerting import open_alerts

WORK, SEE = grants.WORK, "privacy.view_accessgrant"
DISCLOSE, AGENTS = "privacy.add_legaldisclosure", "privacy.change_agent"

BESIDE = {"journal", "alerts", "agents"}  # tabs of other places


def offer_grants() -> None:
    for order, label, name, icon, permission, badge in (
        (12, "Grants", "grants", "key", WORK, _waiting),
        (14, "Access journal", "journal", "menu_book", SEE, None),
        (16, "Access audit", "audit", "query_stats", SEE, None),
        (18, "Alerts", "alerts", "notification_important", SEE, _open_alerts),
        (60, "Legal disclosures", "disclosures", "account_balance", DISCLOSE, None),
        (62, "Agents", "agents", "support_agent", AGENTS, None),
    ):
        offer_staff_place(
            StaffPlace(
                label=label,
                url_name=f"access:{name}",
                icon=icon,
                permission=permission,
                order=order,
                badge=badge,
                has_own_page=name not in BESIDE,
            )
        )
    offer_panel(
        Panel(template="staff/panels/grants.html", facts=grant_facts, permission=WORK, order=12)
    )
    offer_panel(
        Panel(template="staff/panels/alerts.html", facts=alert_facts, permission=SEE, order=13)
    )

    chronicle.tell(alert_settled="looked into how a colleague used an access to data")


def _waiting() -> int:
    return grants.all_grants().waiting().filter(needs_second=True, second=None).count()


def _open_alerts() -> int:
    return open_alerts().count()


def grant_facts() -> dict[str, Any]:
    return {
        "running": grants.all_grants().active().count(),
        "waiting": _waiting(),
    }


def alert_facts() -> dict[str, Any]:
    return {
        "alerts": list(open_alerts()[:5]),
        "alert_count": _open_alerts(),
    }
