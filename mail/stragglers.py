"""Connections on which the server fell silent: somebody else waits, so that a lane goes on.

They keep their lease meanwhile. There may be a few of them; with more, the lane itself waits.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connections

from mail.exchange import Exchange
from mail.leases import Held, holding

log = logging.getLogger("mail.stragglers")
MOST = 8  # connections that are waited for beside the lanes, in one process

_guard = threading.Lock()
_waited_for = 0


def there_is_room(connected: int) -> bool:
    return _waited_for + connected <= MOST


def wait_for(exchange: Exchange, held: Held, settle: Callable[[], None]) -> None:
    """Hear the rest of this exchange; `settle` notes what came of it. Returns at once."""
    began = threading.Event()
    silent = list(exchange.late)

    def wait() -> None:
        with holding(held.token, held.since), _counted(len(silent)):
            began.set()
            try:
                exchange.finish()
                settle()
            except Exception:  # the rows end as unknown when their lease does
                log.exception("what a silent server had is left unknown")
            finally:
                for session in silent:
                    session.close()
                connections["post"].close()

    threading.Thread(target=wait, name="straggler", daemon=True).start()
    began.wait()


@contextmanager
def _counted(number: int) -> Iterator[None]:
    global _waited_for  # noqa: PLW0603  of this process
    with _guard:
        _waited_for += number
    try:
        yield
    finally:
        with _guard:
            _waited_for -= number
