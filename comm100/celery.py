"""The task queue. It carries wake-ups only: the truth is in PostgreSQL (docs/mail.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "comm100.settings")

app = Celery("comm100", task_cls="comm100.core.tasks:SiteTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
