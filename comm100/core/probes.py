"""A small task through each worker lane, again and again: proof that work gets done."""

import time

from django.core.cache import cache

from comm100.core.tasks import company_task

EVERY = 10  # seconds
KEYS = {"transactional": "probe:transactional", "marketing": "probe:marketing"}


@company_task(every=EVERY, queue="transactional")
def probe_transactional() -> None:
    cache.set(KEYS["transactional"], time.time(), None)


@company_task(every=EVERY, queue="marketing")
def probe_marketing() -> None:
    cache.set(KEYS["marketing"], time.time(), None)


def probe_ages() -> dict[str, float | None]:
    """Lane → seconds since its last probe came through; None when none ever did."""
    found = cache.get_many(KEYS.values())
    now = time.time()
    return {
        lane: round(now - found[key], 1) if key in found else None for lane, key in KEYS.items()
    }


def forget_probes() -> None:
    """A probe of before a start proves nothing."""
    cache.delete_many(KEYS.values())
