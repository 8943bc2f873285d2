from contextlib import suppress
from importlib import import_module
from pathlib import Path

from django.apps import AppConfig
from django.conf import settings
from django.utils.module_loading import autodiscover_modules


class CoreConfig(AppConfig):
    name = "comm100.core"
    label = "core"

    def ready(self) -> None:
        # The roof's task queue, so that tasks find it. Not in comm100/__init__.py: the
        # supervisor lives in that package too and needs no Celery.
        import_module("comm100.celery")
        import_module("comm100.core.probes")
        import_module("comm100.core.checks")
        import_module("comm100.core.personal_data_checks")
        import_module("comm100.core.subprocessors")
        autodiscover_modules("personal_data")
        import_module("comm100.core.nightly")
        autodiscover_modules("retention")  # how long each app keeps its rows
        with suppress(OSError):  # a read-only disk: tools that only read code
            for folder in (settings.MEDIA_ROOT, settings.STATIC_ROOT):
                Path(folder).mkdir(parents=True, exist_ok=True)
