"""What an import leaves to be done in the database, beside it: on a connection of its own.

New words go into the index of contacts: PostgreSQL collects them in a list, and whoever fills the
list up has to sort it in. Here another connection does, while the import writes on: two processors
work. And statistics learn of the site, when it came up since they were made.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from django.db import DatabaseError, connection

from comm100.core.statistics import learn_site

log = logging.getLogger("visitors.importing")


class Settler:
    """Settles while it is open; one at a time, and what is asked meanwhile is one more."""

    def __init__(self, site_id: int) -> None:
        self._site_id = site_id
        self._thread = ThreadPoolExecutor(1, "import-settler")
        self._last: Future[Any] | None = None

    def __enter__(self) -> "Settler":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._last:
            self._thread.submit(_hang_up)
        self._thread.shutdown()

    def settle(self) -> None:
        if self._last is None or self._last.done():
            self._last = self._thread.submit(_settle, self._site_id)


def _settle(site_id: int) -> None:
    learn_site(site_id)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app.settle_contact_search()")
    except DatabaseError as error:  # the list waits for the next, or for autovacuum
        log.warning("words of contacts not settled: %s", error)


def _hang_up() -> None:
    """Named in that thread: `connection.close` taken here would be the importing thread's own."""
    connection.close()
