"""New words into the index of contacts, beside the import: on a connection of its own.

PostgreSQL collects what is new for this index in a list; whoever fills the list up has to sort it
in. Here another connection does, while the import writes on: two processors work.
"""

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any

from django.db import DatabaseError, connection

log = logging.getLogger("visitors.importing")


class Settler:
    """Settles while it is open; one at a time, and what is asked meanwhile is one more."""

    def __init__(self) -> None:
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
            self._thread.submit(connection.close)  # the one of that thread
        self._thread.shutdown()

    def settle(self) -> None:
        if self._last is None or self._last.done():
            self._last = self._thread.submit(_settle)


def _settle() -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT app.settle_contact_words()")
    except DatabaseError as error:  # the list waits for the next, or for autovacuum
        log.warning("words of contacts not settled: %s", error)
