from django.apps import AppConfig

from comm100.core.navigation import Place, offer


class VisitorsConfig(AppConfig):
    name = "visitors"

    def ready(self) -> None:
        from privacy.people import also_of_user  # noqa: PLC0415
        from visitors import dashboard, reactions  # noqa: F401, PLC0415
        from visitors.persons import as_contact_of_company  # noqa: PLC0415

        also_of_user.append(as_contact_of_company)
        dashboard.join()
        for label, url_name, icon, permission, order, in_side_bar in (
            ("Contacts", "visitors:contacts", "contact", "contacts:read", 20, True),
            ("Visitors", "visits:overview", "mouse-pointer-click", "contacts:read", 22, True),
            ("Script for visitors", "visits:script", "code", "contacts:read", 124, False),
            ("New contact", "visitors:contact_new", "user-plus", "contacts:write", 120, False),
            ("Import contacts", "visitors:import_new", "upload", "contacts:import", 121, False),
            ("Imports", "visitors:imports", "history", "contacts:read", 122, False),
            ("Custom fields", "visitors:fields", "tags", "contacts:write", 123, False),
        ):
            offer(
                Place(
                    label=label,
                    url_name=url_name,
                    icon=icon,
                    permission=permission,
                    order=order,
                    in_side_bar=in_side_bar,
                    search="q" if url_name == "visitors:contacts" else "",
                )
            )
