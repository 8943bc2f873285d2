from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from comm100.core.fortify import afterwards  # noqa: PLC0415
        from privacy import checks, reactions  # noqa: F401, PLC0415
        from privacy.looks import offer_looks  # noqa: PLC0415
        from privacy.staff import offer_grants  # noqa: PLC0415
        from privacy.wall import SQL, staff_policies  # noqa: PLC0415

        afterwards.append(staff_policies)
        afterwards.append(lambda: iter([(SQL / "published.sql").read_text()]))
        afterwards.append(lambda: iter([(SQL / "disclosures.sql").read_text()]))
        afterwards.append(lambda: iter([(SQL / "heads.sql").read_text()]))
        offer_grants()
        offer_looks()
