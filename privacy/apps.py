from django.apps import AppConfig


class PrivacyConfig(AppConfig):
    name = "privacy"

    def ready(self) -> None:
        from comm100.core.fortify import afterwards  # noqa: PLC0415
        from privacy.wall import staff_policies  # noqa: PLC0415

        afterwards.append(staff_policies)
