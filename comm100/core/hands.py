"""Several threads at one work, each on a database connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from django.db import connection


def side_by_side(work: Callable[[], None], hands: int) -> None:
    """Let so many threads do the same work until each is done; raises what the first one raised.

    What the caller's transaction has not committed is not there for them.
    """

    def hand() -> None:
        try:
            work()
        finally:
            connection.close()

    with ThreadPoolExecutor(hands, "hand") as pool:
        works = [pool.submit(hand) for _ in range(hands)]
    for done in works:
        done.result()
