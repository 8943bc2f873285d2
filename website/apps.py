from django.apps import AppConfig


class WebsiteConfig(AppConfig):
    name = "website"

    def ready(self) -> None:
        from website import welcoming  # noqa: F401, PLC0415  registers itself
        from website.staff import offer_health  # noqa: PLC0415
        from website.views.testimonials_staff import offer_testimonials  # noqa: PLC0415

        offer_health()
        offer_testimonials()
