"""Celery tasks that remember the site they were asked to work for.

A task is a thin shell: ids in, safe to run twice, at most a minute long. The broker carries
wake-ups only, so a lost or repeated message changes nothing.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Task, shared_task
from django.conf import settings
from django.db import transaction

from comm100.core.tenancy import NoSiteChosen, chosen_site, current_site_id, working_for

HEADER = "site_id"


class SiteTask(Task):  # type: ignore[type-arg]
    """Runs its body in the context of the site in its header; refuses to run without one.

    `own_transactions=True`: the body only knows its site (`current_site_id()`) and opens
    `working_for()` itself, once for each step that it commits. It is sent when the transaction of
    this moment is committed, because it begins with what others see.
    """

    abstract = True
    company_wide = False
    own_transactions = False
    lane: str | None = None

    @classmethod
    def bind(cls, app: Any) -> Any:
        """`queue="…"` says to which lane a task is sent; Celery itself is giving that name up."""
        if "queue" in cls.__dict__:
            cls.lane = cls.__dict__["queue"]
            delattr(cls, "queue")
        return super().bind(app)

    def apply_async(self, *args: Any, **options: Any) -> Any:
        if self.lane:
            options.setdefault("queue", self.lane)
        options["headers"] = {HEADER: current_site_id()} | (options.get("headers") or {})
        if self.own_transactions:
            return transaction.on_commit(partial(super().apply_async, *args, **options))
        return super().apply_async(*args, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.company_wide:
            return super().__call__(*args, **kwargs)
        site_id = getattr(self.request, HEADER, None) or (self.request.headers or {}).get(HEADER)
        if not site_id:
            raise NoSiteChosen(f"{self.name} was sent without a site")
        scope = chosen_site(site_id) if self.own_transactions else working_for(site_id)
        with scope:
            return super().__call__(*args, **kwargs)


def company_task(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """A task across sites: works as `comm100_post`, or sends one task to each site.

    every: seconds between two runs on the beat, none by default.
    """
    every = options.pop("every", None)

    def make(body: Callable[..., Any]) -> Any:
        task: Any = shared_task(company_wide=True, **options)(body)  # type: ignore[no-untyped-call]
        if every:
            name = f"{body.__module__}.{body.__name__}"
            queue = {"queue": options["queue"]} if "queue" in options else {}
            settings.CELERY_BEAT_SCHEDULE[name] = {
                "task": name,
                "schedule": every,
                "options": {"expires": max(every * 2, 10), **queue},
            }
        return task

    return make
