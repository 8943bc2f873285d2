"""The beat's memory of what ran when: a file that a crash may leave in any state."""

import logging

from celery.beat import PersistentScheduler

log = logging.getLogger("comm100.beat")


class Schedule(PersistentScheduler):
    """Starts anew when the file cannot be read: everything is due a little earlier then. The usual
    one survives most kinds of broken files, but with some it never starts again."""

    def setup_schedule(self) -> None:
        try:
            super().setup_schedule()
        except Exception as error:  # noqa: BLE001  pickle and dbm raise anything
            log.warning("the beat forgets what ran when: %s", error)
            self._remove_db()  # type: ignore[attr-defined]
            super().setup_schedule()
