"""The beat's memory of what ran when: a file of JSON that a crash may leave in any state."""

import json
import logging
from datetime import datetime
from pathlib import Path
from typing import Any

from celery.beat import Scheduler

log = logging.getLogger("comm100.beat")


class Schedule(Scheduler):
    """What settings say, run when it is due by what the file tells of earlier runs.

    Where it tells nothing, everything is due a little later. Celery's own keeps pickles in a dbm.
    """

    def __init__(self, *args: Any, schedule_filename: str, **more: Any) -> None:
        self.path = Path(schedule_filename)
        super().__init__(*args, **more)

    def setup_schedule(self) -> None:
        super().setup_schedule()
        try:
            self._remember(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValueError, TypeError, AttributeError) as error:
            log.warning("the beat forgets what ran when: %s", error)

    def _remember(self, told: dict[str, Any]) -> None:
        """Raises ValueError and its kin where it is not what `sync` wrote."""
        for name, at in told.items():
            ran = datetime.fromisoformat(at)
            if name in self.schedule and ran.tzinfo:
                self.schedule[name].last_run_at = ran

    def sync(self) -> None:
        """Every three minutes, and in the end."""
        entries = self.schedule.items()
        told = {name: entry.last_run_at.isoformat() for name, entry in entries if entry.last_run_at}
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps(told))
        fresh.replace(self.path)

    @property
    def info(self) -> str:
        return f"    . db -> {self.path}"
