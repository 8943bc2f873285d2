from django.apps import AppConfig


class NewsletterConfig(AppConfig):
    name = "newsletter"

    def ready(self) -> None:
        from newsletter import reactions  # noqa: F401, PLC0415  registers itself
        from newsletter.filters import offer_lists  # noqa: PLC0415
        from newsletter.seams import join_them  # noqa: PLC0415
        from newsletter.staff import offer_moderation  # noqa: PLC0415

        join_them()
        offer_lists()
        offer_moderation()
