from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    name = "website"

    def ready(self) -> None:
        from website.staff import offer_health  # noqa: PLC0415

        offer_health()
