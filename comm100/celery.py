"""The task queue. It carries wake-ups only: the truth is in PostgreSQL (docs/mail.md)."""

import gc
import os
import sys
import time
from typing import Any

from celery import Celery
from celery.signals import beat_init, setup_logging, task_postrun, task_prerun, worker_init
from django.db import close_old_connections

DATABASE_SECONDS = 20

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")

app = Celery("comm100", task_cls="comm100.core.tasks:SiteTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_logging_to_the_settings(**_: Any) -> None:
    """Celery would give some loggers handlers of its own, which scrub nothing."""


@beat_init.connect
def probe_at_once(**_: Any) -> None:
    """Do not let the first proof of life wait for its turn on the beat."""
    from comm100.core import probes  # noqa: PLC0415  needs Django's settings

    probes.probe_transactional.delay()
    probes.probe_marketing.delay()


@worker_init.connect
def share_the_interpreter(**_: Any) -> None:
    """A thread back from signing or from the network waits this long for one that computes, not
    the usual 5 ms: a mail is made in less than one."""
    sys.setswitchinterval(0.0005)


@worker_init.connect
def share_the_memory(**_: Any) -> None:
    """What is loaded by now is not looked through for garbage any more: that would write into
    each page of it, and give each process of a worker a copy of its own."""
    gc.collect()
    gc.freeze()


@task_prerun.connect
@task_postrun.connect
def tidy_connections(sender: Any, **_: Any) -> None:
    """As around a request: what is broken or old is closed, the rest is kept. Celery would close
    all of them, and a new one costs PostgreSQL more than most tasks do (CELERY_DB_REUSE_MAX)."""
    if not sender.request.is_eager:
        close_old_connections()


@worker_init.connect
def look_at_the_wall(**_: Any) -> None:
    from comm100.core.checks import refuse_unless_walled  # noqa: PLC0415  needs the apps

    _wait_for_database()
    refuse_unless_walled()


def _wait_for_database() -> None:
    """One that restarts is back in a moment; a worker that ends meanwhile is back later."""
    from django.db import OperationalError, connection  # noqa: PLC0415

    until = time.monotonic() + DATABASE_SECONDS
    while connection.connection is None and time.monotonic() < until:
        try:
            connection.ensure_connection()
        except OperationalError:
            time.sleep(0.5)
