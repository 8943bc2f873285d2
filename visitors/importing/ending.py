"""How an import ends, well or not."""

from django.utils import timezone

from comm100.core.events import publish
from comm100.core.journal import record
from visitors.events import ImportFinished
from visitors.models import Import


def end_import(run: Import, state: int, problem: str = "") -> None:
    """The import is over: say so, prove it, and tell who cares."""
    run.state, run.problem, run.finished_at = state, problem, timezone.now()
    run.lease_token = run.lease_until = None
    run.save(update_fields=["state", "problem", "finished_at", "lease_token", "lease_until"])
    record(
        "contacts.imported",
        run,
        by=run.started_by or "system",
        state=Import.State(state).name.lower(),
        created=run.created,
        updated=run.updated,
        refused=run.refused,
        consent=run.consent,
    )
    publish(ImportFinished(site_id=run.site_id, import_id=run.pk))
