from django.apps import AppConfig

from comm100.core.navigation import Place, offer


class OperatorsConfig(AppConfig):
    name = "operators"

    def ready(self) -> None:
        from operators import reactions  # noqa: F401, PLC0415

        offer(
            Place(
                label="Home",
                url_name="operators:home",
                icon="house",
                permission="site:read",
                order=1,
            )
        )
