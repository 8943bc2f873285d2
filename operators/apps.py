from pathlib import Path

from django.apps import AppConfig

from comm100.core.navigation import Place, offer


class OperatorsConfig(AppConfig):
    name = "operators"

    def ready(self) -> None:
        from comm100.core.fortify import afterwards  # noqa: PLC0415
        from operators import dashboard, purging, reactions  # noqa: F401, PLC0415
        from operators.staff import offer_account_data  # noqa: PLC0415

        closing = Path(__file__).parent / "sql" / "closing.sql"
        afterwards.append(lambda: iter([closing.read_text()]))
        _offer_places()
        _answer_for_accounts()
        offer_account_data()
        _tell()
        dashboard.register_step(
            dashboard.Step(
                label="Confirm your e-mail address",
                text="Done when you opened the link that we sent you.",
                url_name="operators:home",
                action="",
                permission="site:read",
                done=lambda _: True,  # nobody gets here without
                order=0,
            )
        )


def _answer_for_accounts() -> None:
    """What the floor below cannot know: who rules a site, and names of the sites of a user."""
    from accounts.demands import offer_demands  # noqa: PLC0415
    from accounts.limits import offer_rule  # noqa: PLC0415
    from accounts.passwords import offer_names  # noqa: PLC0415
    from operators.models import (  # noqa: PLC0415
        names_of_demanding_sites,
        names_of_sites,
        rules_somewhere,
    )

    offer_demands(names_of_demanding_sites)
    offer_rule(rules_somewhere)
    offer_names(names_of_sites)


def _offer_places() -> None:
    for order, label, name, icon, permission in (
        (1, "Home", "home", "house", "site:read"),
        (900, "Operators", "people", "users", "operators:read"),
        (910, "Journal", "journal", "scroll-text", "journal:read"),
        (916, "How long we keep", "times", "hourglass", "access:read"),
        (920, "Settings", "settings", "settings", "site:write"),
    ):
        offer(
            Place(
                label=label,
                url_name=f"operators:{name}",
                icon=icon,
                permission=permission,
                section="Site" if order > 1 else "",
                order=order,
            )
        )


def _tell() -> None:
    """How these actions read in the journal."""
    from operators import chronicle  # noqa: PLC0415

    chronicle.tell(
        site_founded="founded the site, accepting agreement {agreement} and policy {policy}",
        site_profile_changed="changed the site’s profile: {fields}",
        site_standing_changed="changed the standing from {before} to {standing}",
        site_copied="finished a copy of the site: {rows:row}, SHA-256 {sha256}",
        copy_asked="asked for a copy of the site",
        copy_downloaded="downloaded a copy of the site",
        site_closing="asked to have the site deleted on {until}",
        site_kept="decided to keep the site",
        site_factors_demanded="demanded a second factor of everybody who works here",
        site_factors_free="left it to everybody whether they have a second factor",
        site_handed_over="handed the site over to {object}",
        operator_joined="joined as {role}",
        operator_invited="invited somebody to join as {role}",
        operator_role_changed="changed {object} from {before} to {after}",
        operator_removed="removed {object}",
        operator_left="left the site",
        invitation_sent_again="sent an invitation again",
        invitation_revoked="withdrew an invitation",
        journal_exported="downloaded the journal ({form})",
        operator_signed_in="signed in ({with})",
        operator_renamed="changed their own name",
    )
    chronicle.label(
        site_closing="Deletion of the site asked for",
        site_factors_demanded="Second factor demanded of everybody",
        site_factors_free="Second factor left to everybody",
        copy_asked="Copy of the site asked for",
        copy_downloaded="Copy of the site downloaded",
        journal_exported="Journal downloaded",
    )
