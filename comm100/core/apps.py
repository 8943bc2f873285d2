from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "comm100.core"
    label = "core"
